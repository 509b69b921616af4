import { eventTime, type KgitEvent } from './event.js';

/** Which events to select. Words in one list are alternatives; all lists must match. */
export interface EventFilter {
  /** ms since the epoch, inclusive. */
  readonly since?: number | undefined;
  /** ms since the epoch, exclusive. */
  readonly until?: number | undefined;
  readonly actions: readonly string[];
  readonly users: readonly string[];
  readonly outcomes: readonly string[];
  readonly phases: readonly string[];
  readonly runs: readonly string[];
  /** Case-insensitive substrings of any text of the event. */
  readonly grep: readonly string[];
}

/** All text values of an event, without its keys. */
function* texts(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) yield* texts(item);
}

function isAny(words: readonly string[], value: string | undefined): boolean {
  return words.length === 0 || (value !== undefined && words.includes(value));
}

function greps(event: KgitEvent, needles: readonly string[]): boolean {
  if (needles.length === 0) return true;
  for (const text of texts(event)) {
    const low = text.toLowerCase();
    if (needles.some((needle) => low.includes(needle.toLowerCase()))) return true;
  }
  return false;
}

/** Whether an event with this head can match the filter. */
export function headMatches(
  head: Pick<KgitEvent, 'id' | 'timestamp' | 'action'>,
  filter: EventFilter,
): boolean {
  const time = eventTime(head);
  if (filter.since !== undefined && time < filter.since) return false;
  if (filter.until !== undefined && time >= filter.until) return false;
  return isAny(filter.actions, head.action);
}

/** Whether an event matches the filter. */
export function matches(event: KgitEvent, filter: EventFilter): boolean {
  return (
    headMatches(event, filter) &&
    isAny(filter.users, event.user) &&
    isAny(filter.outcomes, event.outcome) &&
    isAny(filter.phases, event.phase) &&
    isAny(filter.runs, event.run_id) &&
    greps(event, filter.grep)
  );
}
