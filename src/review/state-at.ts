import { eventTime } from '../model/event/event.js';
import { sameValue } from '../model/value/value.js';
import type { StateView } from '../store/port/state-store.js';
import { type State, stateAfter } from './order-changes.js';
import { readHistory } from './state-history.js';

/**
 * The state of a deployment at a time, according to its change events. Reads no commits, so that it costs the same in
 * any history, and is correct even if a forge rewrote them.
 * @param time ms since the epoch
 * @returns undefined if the events do not add up to the state, so that only the commits can tell; null if the state did
 *   not exist yet
 */
export async function stateAt(view: StateView, id: string, time: number): Promise<State | null | undefined> {
  const { state, events } = await readHistory(view, id);
  if (state === null || !sameValue(stateAfter({}, events), state)) return undefined;
  const until = events.findLastIndex((event) => eventTime(event) <= time);
  return until < 0 ? null : stateAfter({}, events.slice(0, until + 1));
}
