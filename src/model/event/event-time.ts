import { ulidTime } from '../value/ulid.js';
import { eventTime, formatTimestamp, type KgitEvent } from './event.js';

/** Furthest that an event may lie ahead of the clock, in ms; imported ones excepted. */
export const MAX_AHEAD_MS = 5 * 60 * 1000;
/** An imported event's id is later than its time by its rank among those of the same time, in ms. */
const MAX_RANK_MS = 60 * 60 * 1000;

/**
 * What is implausible about an event's time; null where nothing is.
 * @param now ms since the epoch: when it is checked, or when it was written
 */
export function eventTimeFault(
  event: Pick<KgitEvent, 'id' | 'timestamp' | 'source'>,
  now: number,
): string | null {
  const [time, made] = [eventTime(event), ulidTime(event.id)];
  if (event.source !== undefined) {
    const rank = made - time;
    return rank >= 0 && rank <= MAX_RANK_MS ? null : `the id is of ${formatTimestamp(made)}`;
  }
  if (Math.abs(made - time) > MAX_AHEAD_MS) return `the id is of ${formatTimestamp(made)}`;
  return Math.max(time, made) > now + MAX_AHEAD_MS ? 'it lies in the future' : null;
}
