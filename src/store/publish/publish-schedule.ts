/** When a clone publishes what waits, judged by its last pushes. */
import { ulidTime } from '../../model/value/ulid.js';
import type { OutboxEntry } from '../outbox/outbox.js';
import type { PushRecord } from './push-log.js';

/** For how long others are taken to write still after they were met, in ms. */
const RACED_MS = 30_000;
/** For how long writers that shared a push are taken to write still, in ms. */
const SHARED_MS = 2_000;
/** How long a push waits for others of its clone to come along, at most, in ms. */
const JOIN_MS = 250;
/** How many of the last pushes have a vote on how often others write. */
const LOOKED_AT = 10;

function isWithin(push: PushRecord, ms: number, now: number): boolean {
  return now >= push.at && now - push.at < ms;
}

/** Whether others write to the branch just now. */
export function isRaced(pushes: readonly PushRecord[], now: number): boolean {
  const last = pushes.at(-1);
  return last?.isRaced === true && isWithin(last, RACED_MS, now);
}

/**
 * Whether to ask where the branch is before the first try, which loses if others have written since the tip was known. Either
 * costs one more talk with the remote if it was wrong, so the more likely one counts, and the last pushes vote: what others did
 * within a pause they do within a longer one, and what they did not do they do not within a shorter one.
 * @param sinceMs how long ago the tip was known; null for never
 */
export function asksFirst(pushes: readonly PushRecord[], now: number, sinceMs: number | null): boolean {
  if (sinceMs === null) return isRaced(pushes, now);
  let votes = 0;
  for (const push of pushes.slice(-LOOKED_AT)) {
    if (push.sinceMs === undefined) continue;
    if (push.isRaced === true && push.sinceMs <= sinceMs) votes += 1;
    if (push.isRaced !== true && push.sinceMs >= sinceMs) votes -= 1;
  }
  return votes === 0 ? isRaced(pushes, now) : votes > 0;
}

/**
 * How long a push is worth holding back for other writes of this clone that come just now, in ms: 0 for a lone writer.
 * It is the group commit delay of databases, used only where the push before was shared.
 */
export function joinWindow(pushes: readonly PushRecord[], now: number): number {
  const last = pushes.at(-1);
  const isShared = last !== undefined && last.operations > 1 && isWithin(last, SHARED_MS, now);
  return isShared ? Math.min(last.ms, JOIN_MS) : 0;
}

/**
 * When the entries of the outbox are due where `publish.interval` is set: an interval after the oldest write that
 * waits, and after the last push. So writes are joined, and a repository gets one push an interval from a clone.
 * @param intervalMs never longer than this from now, even if the clock was set back
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
