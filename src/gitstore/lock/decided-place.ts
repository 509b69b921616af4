import { InvalidStateError } from '../../errors.js';
import { LOCK_PLACES, type LockPlace } from '../../model/lease/lock-place.js';
import { parseState } from '../../model/state/state-document.js';
import { MARKER_FILE } from '../../model/subject/layout.js';
import { isMap } from '../../model/value/value.js';
import type { StateView } from '../../store/port/state-store.js';

/**
 * Reads the lock place from the repository's settings; null if they name none, or do not exist.
 * Throws InvalidStateError for an unknown place.
 */
export async function decidedPlace(view: StateView): Promise<LockPlace | null> {
  const text = await view.read(MARKER_FILE);
  if (text === null || !text.includes('locks')) return null;
  const { settings } = parseState(text, MARKER_FILE);
  const value = isMap(settings) ? settings['locks'] : undefined;
  if (value === undefined || value === null) return null;
  const place = LOCK_PLACES.find((known) => known === value);
  if (place) return place;
  const shown = JSON.stringify(value).slice(0, 80);
  throw new InvalidStateError(`${MARKER_FILE}: settings.locks is ${shown}, not refs or branches`, {
    suggestions: [`Look at who changed it: git log -- ${MARKER_FILE}`],
    data: { path: MARKER_FILE },
  });
}
