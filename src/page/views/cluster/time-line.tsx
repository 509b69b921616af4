import type { TimeLineEntry } from '../../api/results.js';
import { Panel } from '../../parts/panel.js';
import { actionWords, counted, oneLine, plain } from '../../parts/text.js';
import { Time } from '../../parts/time.js';

interface TimeLineProps {
  readonly entries: readonly TimeLineEntry[];
  /** Whether the events of Kubernetes could be read. */
  readonly isComplete: boolean;
}

/** What happened to the cluster, by kgit's record and Kubernetes' events, newest first. */
export function ClusterTimeLine({ entries, isComplete }: TimeLineProps) {
  return (
    <Panel title="Timeline" aside={counted(entries.length, 'event')}>
      {!isComplete && <p class="muted">The server may not read the events of Kubernetes.</p>}
      <ol class="time-line">
        {[...entries].reverse().map((entry, index) => (
          <Entry key={`${entry.time} ${entry.what} ${entries.length - index}`} {...entry} />
        ))}
      </ol>
      {entries.length === 0 && <p class="muted">Nothing is recorded.</p>}
    </Panel>
  );
}

function Entry({ time, source, what, message, who, isBad, count }: TimeLineEntry) {
  return (
    <li class={`moment from-${source}${isBad ? ' is-bad' : ''}`}>
      <p class="moment-head">
        <strong>{source === 'kgit' ? actionWords(what) : oneLine(what)}</strong>
        {count > 1 && <span class="muted">×{count}</span>}
        {isBad && <span class="text-bad">{source === 'kgit' ? 'failed' : 'warning'}</span>}
        <span class="moment-time muted">
          <Time at={time} />
        </span>
      </p>
      {message !== '' && <p class="message">{plain(message)}</p>}
      <p class="moment-who muted">
        {source === 'kgit' ? 'recorded' : 'Kubernetes'}
        {who !== '' && `, ${oneLine(who)}`}
      </p>
    </li>
  );
}
