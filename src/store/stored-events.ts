import { InvalidStateError } from '../errors.js';
import { type EventHead, parseEvent, readHead } from '../model/event-file.js';
import { eventIdOfName, eventsFolder, isMonth, sealedMonthOf, sealedPath } from '../model/layout.js';
import { parseSealedMonth, type SealedEvent } from '../model/sealed-month.js';
import type { Subject } from '../model/subject.js';
import type { StateView } from './state-store.js';

/** An event as it lies in the repository, in a file of its own or in a sealed month; parsed when it is asked for. */
export interface StoredEvent extends SealedEvent {
  readonly subject: Subject;
}

/** Where the events of one month of a subject lie. */
export interface MonthFiles {
  readonly month: string;
  readonly isSealed: boolean;
  /** Names of event files of their own, in order: those of an open month, or those that came late for a sealed one. */
  readonly names: readonly string[];
}

/** The months of a subject that hold events, in order. Reads no event. */
export async function monthsOf(view: StateView, subject: Subject): Promise<MonthFiles[]> {
  const folder = eventsFolder(subject);
  const entries = (await view.list(folder)) ?? [];
  const open = new Set(
    entries.filter(({ name, kind }) => kind === 'folder' && isMonth(name)).map(({ name }) => name),
  );
  const sealed = new Set(
    entries.flatMap(({ name, kind }) => (kind === 'file' ? (sealedMonthOf(name) ?? []) : [])),
  );
  const months = [...new Set([...open, ...sealed])].sort();
  return Promise.all(
    months.map(async (month) => {
      const files = open.has(month) ? ((await view.list(`${folder}/${month}`)) ?? []) : [];
      const names = files
        .filter(({ name, kind }) => kind === 'file' && eventIdOfName(name) !== null)
        .map(({ name }) => name);
      return { month, isSealed: sealed.has(month), names };
    }),
  );
}

/** The text of a file that a listing named. Throws InvalidStateError. */
export async function readListed(view: StateView, path: string): Promise<string> {
  const text = await view.read(path);
  if (text === null)
    throw new InvalidStateError(`${path}: was listed and cannot be read`, { data: { path } });
  return text;
}

/** The events of a sealed month; none where it is not sealed. Throws InvalidStateError. */
export async function readSealed(view: StateView, subject: Subject, month: string): Promise<SealedEvent[]> {
  const path = sealedPath(subject, month);
  return parseSealedMonth(await readListed(view, path), path);
}

/** The event in a file of its own. Throws InvalidStateError where its head cannot be read. */
export function fileEvent(subject: Subject, path: string, text: string): StoredEvent {
  return { subject, head: readHead(text, path), text: () => text, read: () => parseEvent(text, path) };
}

/** An event of a sealed month, with its subject. */
export function stored(subject: Subject, event: SealedEvent): StoredEvent {
  return { subject, head: event.head, text: () => event.text(), read: () => event.read() };
}

/** What an event would be called as a file of its own. */
export function eventName({ id, action }: EventHead): string {
  return `${id}-${action}.yaml`;
}

/** The events of one month in both forms, by id; one that lies in both is told once. Throws InvalidStateError. */
export async function readMonth(
  view: StateView,
  subject: Subject,
  files: MonthFiles,
): Promise<StoredEvent[]> {
  const { month, isSealed, names } = files;
  const folder = `${eventsFolder(subject)}/${month}`;
  const [sealed, texts] = await Promise.all([
    isSealed ? readSealed(view, subject, month) : [],
    Promise.all(names.map((name) => readListed(view, `${folder}/${name}`))),
  ]);
  const known = new Set(texts.length > 0 ? sealed.map(({ head }) => eventName(head)) : []);
  const own = texts.flatMap((text, i) => {
    const name = names[i] as string;
    return known.has(name) ? [] : [fileEvent(subject, `${folder}/${name}`, text)];
  });
  const events = [...sealed.map((event) => stored(subject, event)), ...own];
  return own.length > 0 && sealed.length > 0 ? inOrder(events) : events;
}

/** How many events a month has; those of an open one are counted by their names. Throws InvalidStateError. */
export async function countMonth(view: StateView, subject: Subject, files: MonthFiles): Promise<number> {
  return files.isSealed ? (await readMonth(view, subject, files)).length : files.names.length;
}

/** The last event of a month by id; of an open one only that is read. Throws InvalidStateError. */
export async function lastOfMonth(
  view: StateView,
  subject: Subject,
  files: MonthFiles,
): Promise<StoredEvent | null> {
  const wanted = files.isSealed ? files : { ...files, names: files.names.slice(-1) };
  return (await readMonth(view, subject, wanted)).at(-1) ?? null;
}

/** Sorted as files would be: by id, then action. */
function inOrder(events: readonly StoredEvent[]): StoredEvent[] {
  return events
    .map((event) => ({ event, name: eventName(event.head) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ event }) => event);
}

/** The events of one action, the newest id first; no more is read than is taken. Throws InvalidStateError. */
export async function* newestOf(
  view: StateView,
  subject: Subject,
  action: string,
): AsyncGenerator<StoredEvent, void> {
  for (const files of (await monthsOf(view, subject)).reverse()) {
    const names = files.names.filter((name) => name.endsWith(`-${action}.yaml`));
    if (files.isSealed) {
      const events = await readMonth(view, subject, { ...files, names });
      yield* events.filter(({ head }) => head.action === action).reverse();
      continue;
    }
    for (const name of names.reverse()) {
      const path = `${eventsFolder(subject)}/${files.month}/${name}`;
      yield fileEvent(subject, path, await readListed(view, path));
    }
  }
}
