import { type BrokenEvents, REFUSE_BROKEN } from '../model/event/broken-events.js';
import type { KgitEvent } from '../model/event/event.js';
import { type DeploymentSubject, deployment } from '../model/subject/subject.js';
import type { StateView } from '../store/port/state-store.js';
import { storedEvents } from '../store/read/records.js';
import { monthsOf, readAll, readMonth, type StoredEvent } from '../store/read/stored-events.js';

/** An event that changes the state of its subject. */
export type ChangeEvent = KgitEvent & { readonly changes: NonNullable<KgitEvent['changes']> };

function changesAmong(stored: readonly StoredEvent[], broken: BrokenEvents = REFUSE_BROKEN): ChangeEvent[] {
  // Most events change nothing; a text without this word need not be parsed.
  const some = stored.filter((event) => event.text().includes('changes'));
  return readAll(some, broken).flatMap((event) =>
    event.changes && event.changes.length > 0 ? [event as ChangeEvent] : [],
  );
}

/**
 * The events that changed the state of a deployment, by id. Reads only its own events.
 * @param broken how to handle unreadable events
 */
export async function changeEvents(
  view: StateView,
  id: string,
  broken: BrokenEvents = REFUSE_BROKEN,
): Promise<ChangeEvent[]> {
  return changesAmong(await storedEvents(view, deployment(id), broken), broken);
}

/** The newest change event of a deployment, by id; null if there is none. Reads no month before that event's. */
export async function newestChange(view: StateView, id: string): Promise<ChangeEvent | null> {
  const subject = deployment(id);
  for (const month of (await monthsOf(view, subject)).reverse()) {
    const found = changesAmong(await readMonth(view, subject, month)).at(-1);
    if (found) return found;
  }
  return null;
}

/**
 * The change events of a deployment that are in a newer view but not in an older one, by id. Unchanged months are not
 * read.
 */
export async function newChangeEvents(
  older: StateView,
  newer: StateView,
  subject: DeploymentSubject,
): Promise<ChangeEvent[]> {
  const known = new Set<string>();
  const before = new Map((await monthsOf(older, subject)).map((month) => [month.month, month]));
  const fresh: ChangeEvent[] = [];
  for (const month of await monthsOf(newer, subject)) {
    const was = before.get(month.month);
    const isOpen = was !== undefined && !was.isSealed && !month.isSealed;
    const names = isOpen ? withoutThose(month.names, was.names) : month.names;
    if (isOpen && names.length === 0) continue;
    // A file of an open month is its event, so those with the same name need not be read.
    for (const { head } of was && !isOpen ? await readMonth(older, subject, was) : []) known.add(head.id);
    const events = await readMonth(newer, subject, { ...month, names });
    fresh.push(...changesAmong(events.filter(({ head }) => !known.has(head.id))));
  }
  return fresh;
}

function withoutThose(names: readonly string[], known: readonly string[]): string[] {
  const gone = new Set(known);
  return names.filter((name) => !gone.has(name));
}
