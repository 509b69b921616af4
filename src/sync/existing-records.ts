import { statePath } from '../model/layout.js';
import { parseState } from '../model/state-document.js';
import { formatSubject } from '../model/subject.js';
import { EventFinder } from '../store/event-finder.js';
import type { StateView } from '../store/state-store.js';
import type { ParsedFile } from './parse-import.js';
import type { ExistingRecords } from './plan-import.js';

/**
 * Looks up in `view` what an import needs to know: the state of its deployments, and which of its events are
 * there.
 */
export async function existingRecords(
  view: StateView,
  files: readonly Pick<ParsedFile, 'deployment' | 'events'>[],
): Promise<ExistingRecords> {
  const states = new Map<string, unknown>();
  for (const id of new Set(files.map(({ deployment }) => deployment))) {
    const file = id === null ? null : statePath(id);
    const text = file === null ? null : await view.read(file);
    if (id !== null && file !== null && text !== null) states.set(id, parseState(text, file));
  }
  const finder = new EventFinder(view);
  const ids = new Set<string>();
  for (const { subject, event } of files.flatMap(({ events }) => events)) {
    if (await finder.has(subject, event.id)) ids.add(`${formatSubject(subject)} ${event.id}`);
  }
  return { states, hasEvent: (subject, id) => ids.has(`${formatSubject(subject)} ${id}`) };
}
