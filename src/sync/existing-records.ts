import { eventIdOfName, monthFolder, statePath } from '../model/layout.js';
import { parseState } from '../model/state-document.js';
import type { StateView } from '../store/state-store.js';
import type { ParsedFile } from './parse-import.js';
import type { ExistingRecords } from './plan-import.js';

/**
 * Looks up in `view` what an import needs to know: the state of its deployments, and which of its events are
 * there. Each month of each subject is listed once.
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
  const folders = new Set(
    files.flatMap(({ events }) => events.map(({ subject, event }) => monthFolder(subject, event.id))),
  );
  const ids = new Set<string>();
  for (const folder of folders) {
    for (const { name } of (await view.list(folder)) ?? []) {
      const id = eventIdOfName(name);
      if (id !== null) ids.add(`${folder} ${id}`);
    }
  }
  return { states, hasEvent: (subject, id) => ids.has(`${monthFolder(subject, id)} ${id}`) };
}
