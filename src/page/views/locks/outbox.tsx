import { useResource } from '../../api/resource.js';
import type { Waiting } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { Badge } from '../../parts/badge.js';
import { Failure, Skeleton } from '../../parts/notes.js';
import { Panel } from '../../parts/panel.js';
import { actionWords, counted, oneLine, plain } from '../../parts/text.js';
import { span } from '../../parts/time.js';

const TOPICS: readonly Topic[] = ['outbox', 'server'];

/** Writes of the server's machine that are not published yet. */
export function Outbox() {
  const { data, failure } = useResource('OutboxResult', '/api/v1/outbox', TOPICS);
  return (
    <Panel title="Outbox" aside={data && counted(data.operations.length, 'write')}>
      {failure && <Failure failure={failure} />}
      {!data && !failure && <Skeleton rows={1} />}
      {data && data.operations.length === 0 && (
        <p class="muted">Nothing waits in the outbox of the server's machine.</p>
      )}
      <ul class="rows">
        {data?.operations.map((operation) => (
          <One key={operation.id} {...operation} />
        ))}
      </ul>
    </Panel>
  );
}

function One({ id, subject, action, age, attempts, error, refused }: Waiting) {
  return (
    <li class="waiting">
      <span class="waiting-name">{action === null ? id : actionWords(action)}</span>
      <span class="waiting-state">
        {refused ? (
          <Badge tone="bad" icon="cross">
            refused
          </Badge>
        ) : (
          <Badge tone="warn" icon="clock">
            waits for {span(age * 1000)}
          </Badge>
        )}
      </span>
      <span class="muted">
        {subject !== null && `${oneLine(subject)}, `}
        {attempts === 0 ? 'not tried yet' : counted(attempts, 'attempt')}
      </span>
      {error !== null && <p class="message">{plain(error)}</p>}
    </li>
  );
}
