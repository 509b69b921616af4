import { ConflictError, UsageError } from '../errors.js';
import { MASK } from '../model/secret/mask-secrets.js';
import { fold } from '../model/state/apply.js';
import { mutable } from '../model/state/edit.js';
import { lookUp, parseStatePath } from '../model/state/state-path.js';
import { sameValue, type Value } from '../model/value/value.js';
import type { ChangeEvent } from './event-changes.js';

export type State = Record<string, Value>;

/** How far ahead the event is looked for that another one waits for: clocks differ by minutes, not by weeks. */
const WINDOW = 200;

/** Takes the changes of an event into a state; one that cannot be made there leaves it as it is, and shows as a difference. */
function advance(state: State, event: ChangeEvent): void {
  for (const change of event.changes) {
    try {
      fold([{ changes: [change] }], state);
    } catch (error) {
      if (!(error instanceof ConflictError || error instanceof UsageError)) throw error;
    }
  }
}

/** The state that change events make of another one, taken in this order. */
export function stateAfter(base: State, events: readonly ChangeEvent[]): State {
  const state = mutable(base) as State;
  for (const event of events) advance(state, event);
  return state;
}

/** Whether an event begins where the state stands. Its first change says it: later ones may build on that. */
function follows(state: State, { changes: [first] }: ChangeEvent): boolean {
  if (!first) return true;
  const { found, value } = lookUp(state, parseStatePath(first.path));
  if (first.before === MASK) return found;
  return first.before === undefined ? !found : found && sameValue(value, first.before);
}

/** The place of the event to go on with: the first one, unless it waits for another one of the same path. */
function nextOf(state: State, waiting: readonly ChangeEvent[]): number {
  const first = waiting[0] as ChangeEvent;
  if (follows(state, first)) return 0;
  const { path } = first.changes[0] as ChangeEvent['changes'][number];
  const isAwaited = (event: ChangeEvent) =>
    event.changes.some((change) => change.path === path) && follows(state, event);
  return Math.max(waiting.slice(0, WINDOW).findIndex(isAwaited), 0);
}

/**
 * Puts change events into the order in which they were applied to `base`: each begins where the one before it left
 * off. They come by id, which is that order but where the clocks of two machines differ. So it needs no commits, and
 * survives what forges make of them.
 */
export function chained(base: State, events: readonly ChangeEvent[]): ChangeEvent[] {
  const state = mutable(base) as State;
  const waiting = [...events];
  const ordered: ChangeEvent[] = [];
  while (waiting.length > 0) {
    const [next] = waiting.splice(nextOf(state, waiting), 1) as [ChangeEvent];
    advance(state, next);
    ordered.push(next);
  }
  return ordered;
}

/** The order of change events that gives `wanted`: the one in which they follow each other, else that of their ids. */
export function orderChanges(events: readonly ChangeEvent[], wanted: State, base: State = {}): ChangeEvent[] {
  const linked = chained(base, events);
  const isRight = (order: readonly ChangeEvent[]) => sameValue(stateAfter(base, order), wanted);
  return !isRight(linked) && isRight(events) ? [...events] : linked;
}
