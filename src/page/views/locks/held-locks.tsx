import { useResource } from '../../api/resource.js';
import type { Lock } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { Badge } from '../../parts/badge.js';
import { Failure, Skeleton } from '../../parts/notes.js';
import { Panel } from '../../parts/panel.js';
import { counted, oneLine, plain } from '../../parts/text.js';
import { Age, duration, localTime, readTime, utcTime } from '../../parts/time.js';
import { useEachSecond } from '../../state/clock.js';

// No news tells of locks: they are asked for whenever the server has asked the remote.
const TOPICS: readonly Topic[] = ['change', 'server'];

/** The locks: who holds them, since when and for how long yet. */
export function HeldLocks() {
  const { data, failure } = useResource('LocksResult', '/api/v1/locks', TOPICS);
  return (
    <Panel title="Locks" aside={data && counted(data.locks.length, 'lock')}>
      {failure && <Failure failure={failure} />}
      {!data && !failure && <Skeleton rows={1} />}
      {data?.stale && <p class="muted">The remote does not answer: this is what was last seen.</p>}
      {data && data.locks.length === 0 && <p class="muted">Nobody holds a lock.</p>}
      <ul class="rows">
        {data?.locks.map((lock) => (
          <One key={lock.name} {...lock} />
        ))}
        {data?.broken.map(({ ref, problem, suggestions }) => (
          <li key={ref} class="waiting">
            <span class="waiting-name">{oneLine(ref)}</span>
            <span class="waiting-state">
              <Badge tone="bad" icon="cross">
                no lock
              </Badge>
            </span>
            <p class="message">{plain([problem, ...suggestions].join('\n'))}</p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function One({ name, holder, host, acquiredAt, expiresAt, expired, reason }: Lock) {
  return (
    <li class="waiting">
      <span class="waiting-name">{oneLine(name)}</span>
      <span class="waiting-state">
        <TimeLeft expiresAt={expiresAt} expired={expired} />
      </span>
      <span class="muted">
        held by {oneLine(holder)} on {oneLine(host)} for <Age at={acquiredAt} />
      </span>
      {reason !== null && <p class="message">{plain(reason)}</p>}
    </li>
  );
}

/** Counts down to the end of a lease. It may end before the server says so. */
function TimeLeft({ expiresAt, expired }: Pick<Lock, 'expiresAt' | 'expired'>) {
  const now = useEachSecond();
  const end = readTime(expiresAt) ?? 0;
  if (expired || end <= now)
    return (
      <Badge tone="warn" icon="warning">
        expired <Age at={expiresAt} suffix=" ago" />
      </Badge>
    );
  return (
    <Badge tone="busy" icon="lock" title={`until ${localTime(end)} (${utcTime(end)})`}>
      <span class="number">{duration((end - now) / 1000)}</span> left
    </Badge>
  );
}
