import type { Operation } from '../../model/operation/operation.js';
import { formatSubject, parseSubject, type Subject } from '../../model/subject/subject.js';
import { isUlid } from '../../model/value/ulid.js';
import { isMap } from '../../model/value/value.js';
import type { ImportedFileRecord } from '../../store/local/imported-files.js';
import type { StateView } from '../../store/port/state-store.js';
import { EventFinder } from '../../store/read/event-finder.js';
import type { StoredEvent } from '../../store/read/stored-events.js';
import { IMPORT_ACTION } from './import-operation.js';

/** The newest waiting import of a deployment's state; the next import builds on it. */
export function waitingImport(pending: readonly Operation[], deployment: string): string | undefined {
  return pending.findLast(
    ({ change, events }) =>
      change?.deployment === deployment &&
      events.some(({ event }) => event.id === change.event && event.action === IMPORT_ACTION),
  )?.change?.event;
}

/** The waiting import that this one builds on; null for none. */
function restsOn(source: unknown): string | null {
  const id = isMap(source) ? source['rests_on'] : null;
  return typeof id === 'string' && isUlid(id) ? id : null;
}

/**
 * Returns a function that checks whether an import is in a view, together with all imports that it builds on. A waiting
 * import may have been refused or dropped since; then one built on it does not contain everything in its files. The
 * function throws InvalidStateError.
 */
export function importStands(view: StateView): (subject: Subject, id: string) => Promise<boolean> {
  const finder = new EventFinder(view);
  const known = new Map<string, boolean>();
  return async (subject, id) => {
    // In events edited by hand, imports can build on each other in a cycle.
    const walked = new Set<string>();
    let next: string | null = id;
    let stands: boolean | undefined;
    while (stands === undefined && next !== null && !walked.has(next)) {
      walked.add(next);
      stands = known.get(`${formatSubject(subject)} ${next}`);
      const event: StoredEvent | null = stands === undefined ? await finder.find(subject, next) : null;
      if (event === null) stands ??= false;
      next = event && restsOn(event.read().source);
    }
    for (const one of walked) known.set(`${formatSubject(subject)} ${one}`, stands ?? true);
    return stands ?? true;
  };
}

/** Whether the events of all these operations are in a view. Throws InvalidStateError. */
export async function areRecorded(operations: readonly Operation[], view: StateView): Promise<boolean> {
  const finder = new EventFinder(view);
  const events = operations.flatMap(({ events: [first] }) => first ?? []);
  return (await Promise.all(events.map(({ subject, event }) => finder.has(subject, event.id)))).every(
    Boolean,
  );
}

/** Returns a function that checks whether the import in a file's record is in a view. */
export function recordStands(view: StateView): (record: ImportedFileRecord) => Promise<boolean> {
  const stands = importStands(view);
  return async ({ carrier }) => carrier === undefined || stands(parseSubject(carrier.subject), carrier.id);
}
