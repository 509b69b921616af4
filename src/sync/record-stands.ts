import { parseSubject } from '../model/subject.js';
import { EventFinder } from '../store/event-finder.js';
import type { ImportedFileRecord } from '../store/imported-files.js';
import type { StateView } from '../store/state-store.js';

/** Tells whether what was noted of a file is in a view: what waited may have been refused, or dropped, since. */
export function recordStands(view: StateView): (record: ImportedFileRecord) => Promise<boolean> {
  const finder = new EventFinder(view);
  return async ({ carrier }) =>
    carrier === undefined || finder.has(parseSubject(carrier.subject), carrier.id);
}
