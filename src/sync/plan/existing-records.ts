import type { SubjectEvent } from '../../model/event/event.js';
import type { Operation } from '../../model/operation/operation.js';
import { parseState } from '../../model/state/state-document.js';
import { statePath } from '../../model/subject/layout.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import type { StateView } from '../../store/port/state-store.js';
import { EventFinder } from '../../store/read/event-finder.js';
import { waitingImport } from './import-stands.js';
import { type ImportedState, importedSnapshot } from './imported-snapshot.js';
import type { LocalFile } from './last-imported.js';
import type { ExistingRecords } from './plan-import.js';

/**
 * Reads from `view` what an import needs to know: the state of its deployments, what was imported into it, and which of
 * its events exist.
 * @param local what this clone last imported from the files, by place
 * @param pending the waiting operations, which `view` includes
 */
export async function existingRecords(
  view: StateView,
  files: readonly { readonly deployment: string | null; readonly events: readonly SubjectEvent[] }[],
  local: ReadonlyMap<string, LocalFile> = new Map(),
  pending: readonly Operation[] = [],
): Promise<Omit<ExistingRecords, 'shared'>> {
  const states = new Map<string, unknown>();
  const snapshots = new Map<string, ImportedState>();
  const waiting = new Map<string, string>();
  for (const id of new Set(files.map(({ deployment }) => deployment))) {
    const file = id === null ? null : statePath(id);
    const text = file === null ? null : await view.read(file);
    if (id === null || file === null || text === null) continue;
    states.set(id, parseState(text, file));
    snapshots.set(id, await importedSnapshot(view, id));
    const newest = waitingImport(pending, id);
    if (newest !== undefined) waiting.set(id, newest);
  }
  const finder = new EventFinder(view);
  const ids = new Set<string>();
  for (const { subject, event } of files.flatMap(({ events }) => events)) {
    if (await finder.has(subject, event.id)) ids.add(`${formatSubject(subject)} ${event.id}`);
  }
  const hasEvent = (subject: Subject, id: string) => ids.has(`${formatSubject(subject)} ${id}`);
  return { states, snapshots, waiting, local, hasEvent };
}
