import { NotFoundError } from '../../errors.js';
import type { State } from '../../review/order-changes.js';
import { stateAt } from '../../review/state-at.js';
import { readState } from '../../store/read/records.js';
import { placeInTime, type Revisions, revisionAt } from './revision-of.js';

/**
 * Returns the state of a deployment at a REVISION|TIME: at a time from its events, at a revision from its files.
 * @param now ms since the epoch
 * @returns null if it had none. Throws NotFoundError, InvalidStateError.
 */
export async function stateThen(
  text: string,
  id: string,
  revisions: Revisions,
  now: number,
): Promise<State | null> {
  const { store, reading } = revisions;
  const place = await placeInTime(text, revisions, now);
  if ('revision' in place) return readState(store.view(place.revision), id);
  const told = await stateAt(reading.view, id, place.time);
  if (told !== undefined) return told;
  return readState(store.view(await revisionAt(place.time, text, store, reading)), id);
}

/** Returns the error for a deployment that had no state at a REVISION|TIME. */
export function noStateThen(text: string, id: string): NotFoundError {
  return new NotFoundError(`at ${JSON.stringify(text.slice(0, 80))} deployment ${id} had no state`, {
    suggestions: [`'kgit history --deployment ${id}' shows when it began`],
    data: { deployment: id, at: text.slice(0, 300) },
  });
}
