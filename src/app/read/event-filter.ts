import type { EventFilter } from '../../model/event/event-filter.js';
import { parseDayRange, parseTime } from '../../model/value/time.js';

/** The words by which users choose events, in the grammar of `kgit log`. */
export interface FilterWords {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** A day; not beside `since` and `until`. */
  readonly on?: string | undefined;
  readonly action?: readonly string[] | undefined;
  readonly user?: readonly string[] | undefined;
  readonly outcome?: readonly string[] | undefined;
  readonly phase?: readonly string[] | undefined;
  readonly run?: readonly string[] | undefined;
  readonly grep?: readonly string[] | undefined;
}

/**
 * Builds an event filter from words. Throws UsageError for what is no time.
 * @param now ms since the epoch
 */
export function eventFilter(words: FilterWords, now: number): EventFilter {
  const { since, until, on, action, user, outcome, phase, run, grep } = words;
  const time = (text: string | undefined) => (text === undefined ? undefined : parseTime(text, now));
  return {
    ...(on === undefined ? { since: time(since), until: time(until) } : parseDayRange(on, now)),
    actions: action ?? [],
    users: user ?? [],
    outcomes: outcome ?? [],
    phases: phase ?? [],
    runs: run ?? [],
    grep: grep ?? [],
  };
}
