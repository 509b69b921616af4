import { useState } from 'preact/hooks';
import { useResource } from '../../api/resource.js';
import type { StateChange } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { counted, oneLine, plain } from '../../parts/text.js';
import { Age } from '../../parts/time.js';
import { Change, whyOf } from './change.js';
import { formatPath } from './state-path.js';

const TOPICS: readonly Topic[] = ['change'];
/** How many changes of one value are shown, the newest first. */
const MOST = 50;

interface OriginProps {
  /** Path of the deployment in the API. */
  readonly base: string;
  readonly names: readonly string[];
  /** The last change; undefined if no event tells of it. */
  readonly last: StateChange | undefined;
}

/** Who set a value, when and why; every change of it on demand. */
export function Origin({ base, names, last }: OriginProps) {
  const [isOpen, setOpen] = useState(false);
  const why = last ? whyOf(last.message, last.reason) : '';
  return (
    <>
      <button
        type="button"
        class="origin"
        aria-expanded={isOpen}
        title={`History of ${plain(formatPath(names))}`}
        onClick={() => setOpen(!isOpen)}
      >
        {last && last.event !== null ? (
          <>
            {oneLine(last.user ?? 'unknown')}, <Age at={last.timestamp} suffix=" ago" />
            {why !== '' && <span class="origin-why">: {oneLine(why)}</span>}
          </>
        ) : (
          'not recorded'
        )}
      </button>
      {isOpen && <ValueHistory base={base} names={names} />}
    </>
  );
}

function ValueHistory({ base, names }: Pick<OriginProps, 'base' | 'names'>) {
  const asked = `${base}/history?path=${encodeURIComponent(formatPath(names))}`;
  const { data, failure } = useResource('HistoryResult', asked, TOPICS);
  const changes = data?.changes ?? [];
  return (
    <div class="value-history">
      {failure && (
        <p class="text-bad" role="alert">
          {plain(failure.message)}
        </p>
      )}
      {!data && !failure && <p class="muted">Loading…</p>}
      {data && changes.length === 0 && (
        <p class="muted">No event tells who set it: the file was edited by hand.</p>
      )}
      <ol class="rows">
        {changes
          .slice(-MOST)
          .reverse()
          .map((change, index) => (
            <Change key={`${change.event} ${index}`} change={change} withPath={false} />
          ))}
      </ol>
      {changes.length > MOST && (
        <p class="muted">{counted(changes.length - MOST, 'older change')} not shown</p>
      )}
    </div>
  );
}
