import { UsageError } from '../../errors.js';
import { formatTimestamp } from '../../model/event/event.js';
import { parseTime } from '../../model/value/time.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import { writeOperation } from './submit.js';
import type { Writing } from './writing.js';

const DAY = /^\d{4}-\d\d(-\d\d)?$/;

/**
 * The month (`YYYY-MM`) before which all months are sealed.
 * Throws UsageError if the time is in the future.
 * @param text a month, a day, or a time as `parseTime` reads it
 * @param now ms since the epoch
 */
export function sealBefore(text: string, now: number): string {
  // Months are of UTC, so a day named here must not begin hours before or after them.
  const day = DAY.test(text) ? Date.parse(`${text.padEnd(10, '-01')}T00:00:00Z`) : Number.NaN;
  const isDay = !Number.isNaN(day) && formatTimestamp(day).startsWith(text);
  const time = isDay ? day : parseTime(text, now);
  if (time > now) {
    throw new UsageError(`--before ${text} is not over yet: the open month is never sealed`, {
      suggestions: ['Seal all closed months: --before today'],
    });
  }
  return formatTimestamp(time).slice(0, 7);
}

/** Seals the months before `before` (`YYYY-MM`), as one operation without an event. Throws as `submit`. */
export function sealMonths(writing: Writing, before: string): Promise<WriteOutcome> {
  return writeOperation(writing, [], { title: `compact: months before ${before}`, seal: { before } });
}
