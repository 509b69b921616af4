import { useState } from 'preact/hooks';
import { useResource } from '../../api/resource.js';
import type { StateChange } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { Failure } from '../../parts/notes.js';
import { oneLine } from '../../parts/text.js';
import { Age } from '../../parts/time.js';
import { Tree } from '../../parts/tree.js';
import { Change } from './change.js';
import { statePath } from './state-path.js';

interface StateTreeProps {
  readonly value: unknown;
  /** The last change of each value, by its path. */
  readonly changes: ReadonlyMap<string, StateChange>;
  /** Path of the deployment in the API. */
  readonly base: string;
}

/** The state as a tree; beside each value who set it and when, and on demand all of its history. */
export function StateTree({ value, changes, base }: StateTreeProps) {
  return (
    <Tree
      value={value}
      beside={(names) => {
        const path = statePath(names);
        const change = changes.get(path);
        return change ? <Origin change={change} base={base} /> : null;
      }}
    />
  );
}

function Origin({ change, base }: { readonly change: StateChange; readonly base: string }) {
  const [isOpen, setOpen] = useState(false);
  const { user, timestamp, message, reason, path } = change;
  const why = message ?? reason;
  return (
    <>
      <button
        type="button"
        class="origin"
        aria-expanded={isOpen}
        title={`History of ${path}`}
        onClick={() => setOpen(!isOpen)}
      >
        {user !== null && `${oneLine(user)}, `}
        <Age at={timestamp} suffix=" ago" />
        {why !== null && <span class="origin-why">: {oneLine(why)}</span>}
      </button>
      {isOpen && <ValueHistory path={path} base={base} />}
    </>
  );
}

const TOPICS: readonly Topic[] = ['change'];

function ValueHistory({ path, base }: { readonly path: string; readonly base: string }) {
  const asked = `${base}/history?path=${encodeURIComponent(path)}`;
  const { data, failure } = useResource('HistoryResult', asked, TOPICS);
  return (
    <div class="value-history">
      {failure && !data && <Failure failure={failure} />}
      <ol class="rows">
        {[...(data?.changes ?? [])].reverse().map((change) => (
          <Change key={`${change.event} ${change.timestamp}`} change={change} withPath={false} />
        ))}
      </ol>
    </div>
  );
}
