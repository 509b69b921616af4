import { InvalidStateError } from '../errors.js';
import { type BrokenEvents, readLaterOrNote, readOrNote } from '../model/event/broken-events.js';
import type { SubjectEvent } from '../model/event/event.js';
import { parseSealedMonth } from '../model/event/sealed-month.js';
import { parseState } from '../model/state/state-document.js';
import { statePath } from '../model/subject/layout.js';
import { type Place, placeOfPath } from '../model/subject/place.js';
import { formatSubject } from '../model/subject/subject.js';
import { pathOfSecret } from '../model/team-secret/secret-conflict.js';
import { pathOfSecretFile } from '../model/team-secret/secret-name.js';
import type { Revision, RevisionChange, StateStore } from '../store/port/state-store.js';
import { readState } from '../store/read/records.js';
import { fileEvent, readSealed, type StoredEvent, stored } from '../store/read/stored-events.js';
import { stateRows } from './diff.js';
import type { ChangeEvent } from './event-changes.js';
import { secretRows } from './secret-rows.js';
import type { ChangeRow } from './state-history.js';

/** A change of the state of a deployment. */
export interface SubjectRow extends ChangeRow {
  readonly subject: string;
}

/** What one revision published. */
export interface PublishedChange {
  readonly revision: Revision;
  readonly parent: Revision | null;
  /** When it was made, in ms since the epoch. */
  readonly time: number;
  /** Who published it. */
  readonly author: string;
  /** The first line of its message. */
  readonly title: string;
  /** The events that it added, by id. */
  readonly events: readonly SubjectEvent[];
  /** How it changed the states of deployments. */
  readonly changes: readonly SubjectRow[];
  /** The other files that it changed. */
  readonly files: readonly string[];
}

type PlaceOf<K extends Place['kind']> = Extract<Place, { readonly kind: K }>;

/** The paths of one kind of file, each with what it denotes. */
function placed<K extends Place['kind']>(
  kind: K,
  paths: readonly string[],
): (PlaceOf<K> & { readonly path: string })[] {
  return paths.flatMap((path) => {
    const place = placeOfPath(path);
    return isOf(kind, place) ? [{ ...place, path }] : [];
  });
}

function isOf<K extends Place['kind']>(kind: K, place: Place): place is PlaceOf<K> {
  return place.kind === kind;
}

/**
 * Reads what a revision published: its events, the states that it changed, and other files. Events that only moved into
 * a sealed month are not among them.
 * @param broken how to handle events and states that cannot be read
 */
export async function publishedChange(
  store: Pick<StateStore, 'view'>,
  change: RevisionChange,
  broken: BrokenEvents,
): Promise<PublishedChange> {
  const { revision, parent, time, author, message } = change;
  const { added, changed, removed } = change;
  const sealed = await newlySealed(store, change, broken);
  const events = [...(await ownEvents(change, broken)), ...sealed.events].flatMap((event) => {
    const read = readOrNote(broken, event.path, () => event.read());
    return read ? [{ subject: event.subject, event: read }] : [];
  });
  events.sort((one, other) => (one.event.id < other.event.id ? -1 : 1));
  const states = placed('state', [...added, ...changed, ...removed]);
  const changes: SubjectRow[] = [];
  const untold = new Set<string>();
  for (const { subject, path } of states) {
    const rows = await readLaterOrNote(broken, path, () => rowsOf(store, change, subject.id, events));
    if (rows === null || rows.length === 0) untold.add(path);
    for (const row of rows ?? []) changes.push({ ...row, subject: formatSubject(subject) });
  }
  const secrets = await secretsOf(change, events, broken);
  changes.push(...secrets.rows);
  const isOther = (path: string, isAdded: boolean) => {
    const place = placeOfPath(path);
    if (place.kind === 'state') return untold.has(path);
    if (place.kind === 'secret') return !secrets.told.has(path);
    if (place.kind === 'event') return !isAdded && !sealed.known.has(place.id);
    return place.kind !== 'sealed';
  };
  const files = [
    ...added.filter((path) => isOther(path, true)),
    ...[...changed, ...removed].filter((path) => isOther(path, false)),
  ].sort();
  const [title = ''] = message.split('\n');
  return { ...{ revision, parent, time, author: author.name, title }, events, changes, files };
}

/** A row for each secret of a deployment that it set or removed, and the files that these are of. */
async function secretsOf(
  change: RevisionChange,
  events: readonly SubjectEvent[],
  broken: BrokenEvents,
): Promise<{ readonly rows: readonly SubjectRow[]; readonly told: ReadonlySet<string> }> {
  const rows: SubjectRow[] = [];
  const told = new Set<string>();
  const removed = new Set(change.removed);
  for (const { subject, path: file } of placed('secret', [...change.added, ...change.changed, ...removed])) {
    if (subject.kind !== 'deployment') continue;
    const isRemoved = removed.has(file);
    const path = await readLaterOrNote(broken, file, () => secretPath(change, file, isRemoved));
    // The name of a file may be cut, and what was removed cannot be read any more.
    if (path === null) continue;
    told.add(file);
    const fresh = changeEventsOf(subject.id, events);
    const own = secretRows([{ path, ...(isRemoved ? { removed: true as const } : {}) }], fresh);
    rows.push(...own.map((row) => ({ ...row, subject: formatSubject(subject) })));
  }
  return { rows, told };
}

async function secretPath(change: RevisionChange, file: string, isRemoved: boolean): Promise<string | null> {
  if (isRemoved) return pathOfSecretFile(file.slice(file.lastIndexOf('/') + 1));
  const [text] = await change.read([file]);
  return pathOfSecret(file, textOf(file, text));
}

/** The events in files of their own. */
async function ownEvents(change: RevisionChange, broken: BrokenEvents): Promise<StoredEvent[]> {
  const places = placed('event', change.added);
  const texts = await change.read(places.map(({ path }) => path));
  return places.flatMap(
    ({ subject, path }, i) =>
      readOrNote(broken, path, () => fileEvent(subject, path, textOf(path, texts[i]))) ?? [],
  );
}

/** The events of sealed months that were in no file before, and the ids of those that were. */
async function newlySealed(
  store: Pick<StateStore, 'view'>,
  change: RevisionChange,
  broken: BrokenEvents,
): Promise<{ readonly events: readonly StoredEvent[]; readonly known: ReadonlySet<string> }> {
  const places = placed('sealed', [...change.added, ...change.changed]);
  if (places.length === 0) return { events: [], known: new Set() };
  const removed = new Set(placed('event', change.removed).map(({ id }) => id));
  const known = new Set<string>();
  const events: StoredEvent[] = [];
  const texts = await change.read(places.map(({ path }) => path));
  for (const [i, { subject, month, path }] of places.entries()) {
    const isNew = change.added.includes(path);
    const before = isNew ? [] : await readSealed(store.view(change.parent), subject, month, broken);
    const old = new Set(before.map(({ head }) => head.id));
    const now = readOrNote(broken, path, () => parseSealedMonth(textOf(path, texts[i]), path, broken));
    for (const event of now ?? [])
      if (removed.has(event.head.id)) known.add(event.head.id);
      else if (!old.has(event.head.id)) events.push(stored(subject, event));
  }
  return { events, known };
}

async function rowsOf(
  store: Pick<StateStore, 'view'>,
  change: RevisionChange,
  id: string,
  events: readonly SubjectEvent[],
): Promise<ChangeRow[]> {
  const path = statePath(id);
  const was = change.added.includes(path) ? null : await readState(store.view(change.parent), id);
  const [text = null] = change.removed.includes(path) ? [] : await change.read([path]);
  return stateRows(was, text === null ? null : parseState(text, path), changeEventsOf(id, events));
}

/** The events among these that changed the state of a deployment. */
function changeEventsOf(id: string, events: readonly SubjectEvent[]): ChangeEvent[] {
  return events.flatMap(({ subject, event }) =>
    subject.kind === 'deployment' && subject.id === id && event.changes && event.changes.length > 0
      ? [event as ChangeEvent]
      : [],
  );
}

function textOf(path: string, text: string | null | undefined): string {
  if (typeof text === 'string') return text;
  throw new InvalidStateError(`${path}: it is no text`, { data: { path } });
}
