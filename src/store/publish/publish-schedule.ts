import { ulidTime } from '../../model/value/ulid.js';
import type { OutboxEntry } from '../outbox/outbox.js';
import type { PushRecord } from './push-log.js';

/**
 * When what waits is to be published where `publish.interval` is set: an interval after the oldest write that
 * waits, and after the last push, so that writes are joined and a repository gets one push an interval from a clone.
 * @param intervalMs never longer than this from now, whatever a clock says that was set back
 * @returns ms since the epoch; null where nothing waits
 */
export function dueAt(
  waiting: readonly OutboxEntry[],
  pushes: readonly PushRecord[],
  intervalMs: number,
  now: number,
): number | null {
  const ids = waiting.flatMap(({ id, isHeld, refused }) => (isHeld || refused ? [] : id));
  if (ids.length === 0) return null;
  const oldest = Math.min(...ids.map(ulidTime));
  const lastPush = pushes.at(-1)?.at ?? 0;
  return Math.min(Math.max(oldest, lastPush), now) + intervalMs;
}
