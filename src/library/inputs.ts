/** Checks of what callers pass in, who may write plain JavaScript. */
import { UsageError } from '../errors.js';
import type { EventFilter } from '../model/event/event-filter.js';
import type { LogOptions } from './types.js';

function timeOf(date: Date | undefined): number | undefined {
  const time = date?.getTime();
  if (time !== undefined && Number.isNaN(time)) throw new UsageError('the date is invalid');
  return time;
}

/** The event filter of `log`. Throws UsageError. */
export function eventFilter(options: LogOptions): EventFilter {
  const { actions = [], users = [], outcomes = [], phases = [], runs = [], grep = [] } = options;
  const [since, until] = [timeOf(options.since), timeOf(options.until)];
  return { since, until, actions, users, outcomes, phases, runs, grep };
}
