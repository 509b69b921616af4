import { ConflictError, UsageError } from '../errors.js';
import { MASK } from '../model/secret/mask-secrets.js';
import { fold } from '../model/state/apply.js';
import { mutable } from '../model/state/edit.js';
import { lookUp, parseStatePath } from '../model/state/state-path.js';
import { sameValue, type Value } from '../model/value/value.js';
import type { ChangeEvent } from './event-changes.js';

export type State = Record<string, Value>;

/** How many events ahead to search for the one that must come first: clocks differ by minutes, not weeks. */
const WINDOW = 200;

/** Applies the changes of an event to a state. One that cannot be applied is skipped, and shows as a difference. */
function advance(state: State, event: ChangeEvent): void {
  for (const change of event.changes) {
    try {
      fold([{ changes: [change] }], state);
    } catch (error) {
      if (!(error instanceof ConflictError || error instanceof UsageError)) throw error;
    }
  }
}

/** The state that results from applying change events in this order. */
export function stateAfter(base: State, events: readonly ChangeEvent[]): State {
  const state = mutable(base) as State;
  for (const event of events) advance(state, event);
  return state;
}

/** Whether an event starts from this state. Only its first change is compared: later ones may build on that. */
function follows(state: State, { changes: [first] }: ChangeEvent): boolean {
  if (!first) return true;
  const { found, value } = lookUp(state, parseStatePath(first.path));
  if (first.before === MASK) return found;
  return first.before === undefined ? !found : found && sameValue(value, first.before);
}

/** Index of the event to apply next: the first one, unless another event of the same path must precede it. */
function nextOf(state: State, waiting: readonly ChangeEvent[]): number {
  const first = waiting[0] as ChangeEvent;
  if (follows(state, first)) return 0;
  const { path } = first.changes[0] as ChangeEvent['changes'][number];
  const isAwaited = (event: ChangeEvent) =>
    event.changes.some((change) => change.path === path) && follows(state, event);
  return Math.max(waiting.slice(0, WINDOW).findIndex(isAwaited), 0);
}

/**
 * Sorts change events into the order in which they were applied to `base`: each starts where the one before it ended.
 * They come by id, which is that order unless the clocks of two machines differ. This needs no commits, so it is
 * independent of how forges rewrite them.
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

/** The order of change events that results in `wanted`: the chained one, else that of their ids. */
export function orderChanges(events: readonly ChangeEvent[], wanted: State, base: State = {}): ChangeEvent[] {
  const linked = chained(base, events);
  const isRight = (order: readonly ChangeEvent[]) => sameValue(stateAfter(base, order), wanted);
  return !isRight(linked) && isRight(events) ? [...events] : linked;
}
