import { UsageError } from '../../errors.js';
import { parseRfc3339 } from '../value/rfc3339.js';
import { type IdSource, ulidTime } from '../value/ulid.js';
import { formatTimestamp, type KgitEvent } from './event.js';
import type { EventFields } from './event-schema.js';
import { MAX_AHEAD_MS } from './event-time.js';

/** Values for fields that the writer leaves out. */
export interface EventDefaults {
  readonly user: string;
  readonly host: string;
  readonly runId?: string | undefined;
  readonly context?: KgitEvent['context'];
  readonly source?: KgitEvent['source'];
}

function timeOf({ id, timestamp }: EventFields): number | undefined {
  const said = timestamp === undefined ? undefined : (parseRfc3339(timestamp) ?? undefined);
  if (id === undefined || said === undefined) return said ?? (id === undefined ? undefined : ulidTime(id));
  if (ulidTime(id) === said) return said;
  throw new UsageError(
    `the id's time is ${formatTimestamp(ulidTime(id))}, but the timestamp says ${timestamp}`,
    {
      suggestions: ['Leave the timestamp out (the id has it), or the id (one is made)'],
      data: { field: 'timestamp' },
    },
  );
}

/**
 * Completes checked `fields` to an event: adds id and time if they are missing, and who wrote it where.
 * Throws UsageError if id and timestamp disagree or lie in the future.
 * @param now ms since the epoch
 */
export function newEvent(
  fields: EventFields,
  ids: IdSource,
  now: number,
  defaults: EventDefaults,
): KgitEvent {
  const time = timeOf(fields);
  if (time !== undefined && time > now + MAX_AHEAD_MS) {
    throw new UsageError(
      `the event is of ${formatTimestamp(time)}, more than 5 minutes ahead of this clock`,
      {
        suggestions: ['Check the timestamp, and the clock of this machine'],
        data: { field: 'timestamp' },
      },
    );
  }
  const id = fields.id ?? ids.next(time);
  const { runId, context, source } = defaults;
  return {
    user: defaults.user,
    host: defaults.host,
    ...(runId === undefined ? {} : { run_id: runId }),
    ...(context === undefined ? {} : { context }),
    ...(source === undefined ? {} : { source }),
    ...fields,
    id,
    timestamp: formatTimestamp(time ?? ulidTime(id)),
  };
}
