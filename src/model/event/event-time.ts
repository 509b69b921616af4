import { ulidTime } from '../value/ulid.js';
import { eventTime, formatTimestamp, type KgitEvent } from './event.js';

/** How far ahead of the clock an event may lie, in ms. Imported events are exempt. */
export const MAX_AHEAD_MS = 5 * 60 * 1000;
/**
 * How far the time of an event may be from that of its id, in ms, for readers that find events by the times of their
 * ids: much more than a checked event has, because other writers may differ more.
 */
export const ID_MARGIN_MS = 24 * 3600 * 1000;
/** Largest rank, in ms, that an imported event's id adds to its time: its position among events of the same time. */
const MAX_RANK_MS = 60 * 60 * 1000;

/**
 * The time by which the log of one subject sorts an event, in ms since the epoch: its own, but at most `ID_MARGIN_MS`
 * later than that of its id. A reader of the newest ids so knows how new an event can be that it has not read.
 */
export function logTime(id: string, time: number): number {
  return Math.min(time, ulidTime(id) + ID_MARGIN_MS);
}

/**
 * Why an event's time is implausible; null if it is not.
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
