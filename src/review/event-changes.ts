import { type BrokenEvents, REFUSE_BROKEN } from '../model/event/broken-events.js';
import type { KgitEvent } from '../model/event/event.js';
import { placeOfPath } from '../model/subject/place.js';
import { type DeploymentSubject, deployment } from '../model/subject/subject.js';
import type { ChangedFile } from '../store/port/review.js';
import type { StateView } from '../store/port/state-store.js';
import { storedEvents } from '../store/read/records.js';
import {
  filesOf,
  listMonths,
  monthsOf,
  readAll,
  readMonth,
  type StoredEvent,
} from '../store/read/stored-events.js';

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

/** The months of a deployment whose files differ between two revisions; true for one whose sealed file does. */
export type ChangedMonths = ReadonlyMap<string, boolean>;

/** The months of each deployment, by id, that these changes touch. */
export function changedMonths(changes: readonly ChangedFile[]): Map<string, ChangedMonths> {
  const found = new Map<string, Map<string, boolean>>();
  for (const { path } of changes) {
    const place = placeOfPath(path);
    if (place.kind !== 'event' && place.kind !== 'sealed') continue;
    if (place.subject.kind !== 'deployment') continue;
    const months = found.get(place.subject.id) ?? new Map<string, boolean>();
    months.set(place.month, months.get(place.month) === true || place.kind === 'sealed');
    found.set(place.subject.id, months);
  }
  return found;
}

/**
 * The change events of a deployment that are in a newer view but not in an older one, by id. Unchanged months are not
 * read.
 * @param changed the months whose files differ; without it, each month that is sealed in one of the views is read
 */
export async function newChangeEvents(
  older: StateView,
  newer: StateView,
  subject: DeploymentSubject,
  changed?: ChangedMonths,
): Promise<ChangeEvent[]> {
  const known = new Set<string>();
  const monthsIn = async (view: StateView) =>
    changed === undefined
      ? monthsOf(view, subject)
      : Promise.all(
          (await listMonths(view, subject))
            .filter(({ month }) => changed.has(month))
            .map((month) => filesOf(view, subject, month)),
        );
  const before = new Map((await monthsIn(older)).map((month) => [month.month, month]));
  const fresh: ChangeEvent[] = [];
  for (const month of await monthsIn(newer)) {
    const was = before.get(month.month);
    const sealedDiffers = changed?.get(month.month) ?? (was?.isSealed === true || month.isSealed);
    // A single file is its event, so those with the same name need not be read.
    const isKept = was !== undefined && !sealedDiffers;
    const files = isKept ? { ...month, names: withoutThose(month.names, was.names) } : month;
    if (isKept && files.names.length === 0) continue;
    for (const { head } of was ? await readMonth(older, subject, isKept ? { ...was, names: [] } : was) : [])
      known.add(head.id);
    const events = await readMonth(newer, subject, isKept ? { ...files, isSealed: false } : files);
    fresh.push(...changesAmong(events.filter(({ head }) => !known.has(head.id))));
  }
  return fresh;
}

function withoutThose(names: readonly string[], known: readonly string[]): string[] {
  const gone = new Set(known);
  return names.filter((name) => !gone.has(name));
}
