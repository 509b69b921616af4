import type { StateChange } from '../../api/results.js';
import { actionWords, oneLine, shownValue } from '../../parts/text.js';
import { Time } from '../../parts/time.js';

interface ChangeProps {
  readonly change: StateChange;
  readonly withPath: boolean;
}

/** A change of one value: what was there, what is there now, who did it and why. */
export function Change({ change, withPath }: ChangeProps) {
  const { path, timestamp, user, action, message, reason } = change;
  const why = message ?? reason;
  return (
    <li class="change">
      {withPath && <code class="finding-path">{oneLine(path)}</code>}
      <p class="change-values">
        {'before' in change && <del>{shownValue(change.before)}</del>}
        {'before' in change && 'after' in change && <span class="muted">→</span>}
        {'after' in change ? <ins>{shownValue(change.after)}</ins> : <span class="muted">removed</span>}
      </p>
      {timestamp !== null && (
        <p class="change-by muted">
          <Time at={timestamp} />
          {user !== null && `, ${oneLine(user)}`}
          {action !== null && `, ${actionWords(action)}`}
          {why !== null && `: ${oneLine(why)}`}
        </p>
      )}
    </li>
  );
}
