import { OUTCOMES } from '../../../model/event/event.js';
import type { EventIndex } from './event-index.js';

const DAY_MS = 24 * 3600 * 1000;

/** Number of an outcome's count; that of 0 counts events without an outcome. */
const COUNTS = ['other', ...OUTCOMES] as const;

/** The events of one day of UTC. */
export interface DayActivity extends Record<(typeof COUNTS)[number], number> {
  /** YYYY-MM-DD */
  readonly day: string;
  readonly events: number;
}

/**
 * Counts the events of each day by outcome, days without events included.
 * @param days how many days, up to today
 * @param now ms since the epoch
 */
export function activityOf(index: EventIndex, days: number, now: number): DayActivity[] {
  const first = Math.floor(now / DAY_MS) - days + 1;
  const counts = Array.from({ length: days }, () => COUNTS.map(() => 0));
  index.eachNewest((rows, row) => {
    const day = counts[Math.floor(rows.time(row) / DAY_MS) - first];
    const outcome = rows.outcome(row);
    if (day) day[outcome] = (day[outcome] as number) + 1;
    return true;
  });
  return counts.map((day, i) => {
    const [other = 0, started = 0, succeeded = 0, failed = 0] = day;
    const events = other + started + succeeded + failed;
    return { day: dayText(first + i), events, started, succeeded, failed, other };
  });
}

function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
