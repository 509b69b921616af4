import type { StateChange } from '../../api/results.js';
import { actionWords, oneLine, plain } from '../../parts/text.js';
import { Time } from '../../parts/time.js';
import { Value } from '../../parts/value.js';

interface ChangeProps {
  readonly change: StateChange;
  readonly withPath: boolean;
}

/** A change of one value: what was there, what is there now, who did it, when and why. */
export function Change({ change, withPath }: ChangeProps) {
  const { path, message, reason } = change;
  const why = whyOf(message, reason);
  return (
    <li class="change">
      {withPath && <code class="finding-path">{oneLine(path)}</code>}
      <p class="change-values">
        {change.secret ? <SecretSides isRemoved={change.removed === true} /> : <Sides change={change} />}
      </p>
      <Author change={change} />
      {why !== '' && <p class="change-why">{why}</p>}
    </li>
  );
}

function Sides({ change }: { readonly change: StateChange }) {
  return (
    <>
      {'before' in change ? (
        <del>
          <Value value={change.before} />
        </del>
      ) : (
        <span class="muted">not set</span>
      )}
      <span class="muted" aria-hidden="true">
        →
      </span>
      {'after' in change ? (
        <ins>
          <Value value={change.after} />
        </ins>
      ) : (
        <span class="muted">removed</span>
      )}
    </>
  );
}

/** Of a secret, an event tells only that it was set or removed. */
function SecretSides({ isRemoved }: { readonly isRemoved: boolean }) {
  return (
    <>
      <Value value={{ secret: true }} />
      <span class="muted">{isRemoved ? 'removed' : 'set'}</span>
    </>
  );
}

function Author({ change: { event, timestamp, user, action, run } }: { readonly change: StateChange }) {
  if (event === null)
    return <p class="change-by muted">No event tells of it: the file was edited by hand.</p>;
  return (
    <p class="change-by muted">
      <strong>{oneLine(user ?? 'unknown')}</strong>, <Time at={timestamp} />
      {action !== null && `, ${actionWords(action)}`}
      {run !== null && `, run ${oneLine(run)}`}
    </p>
  );
}

/** What the author said of a change. */
export function whyOf(message: string | null, reason: string | null): string {
  return plain([message, reason].filter((text) => text !== null).join(' – '));
}
