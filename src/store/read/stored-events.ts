import { InvalidStateError } from '../../errors.js';
import {
  type BrokenEvents,
  REFUSE_BROKEN,
  readLaterOrNote,
  readOrNote,
} from '../../model/event/broken-events.js';
import type { EventHead, KgitEvent } from '../../model/event/event.js';
import { parseEvent, readHead } from '../../model/event/event-file.js';
import { parseSealedMonth, type SealedEvent } from '../../model/event/sealed-month.js';
import {
  eventIdOfName,
  eventsFolder,
  isMonth,
  monthOf,
  sealedMonthOf,
  sealedPath,
} from '../../model/subject/layout.js';
import type { Subject } from '../../model/subject/subject.js';
import type { Entry, StateView } from '../port/state-store.js';

/** An event in the repository, in a file of its own or in a sealed month; parsed on demand. */
export interface StoredEvent extends SealedEvent {
  readonly subject: Subject;
  /** The file that holds it. */
  readonly path: string;
}

/** The files of one month of a subject. */
export interface MonthFiles {
  readonly month: string;
  readonly isSealed: boolean;
  /** Names of single event files, sorted: those of an open month, or late ones of a sealed month. */
  readonly names: readonly string[];
  /** Names of event files that are not regular files. */
  readonly odd: readonly string[];
}

/** A month of a subject, by the names in its folder of events. */
export interface Month {
  readonly month: string;
  readonly isSealed: boolean;
  /** Whether there is a folder of single event files. */
  readonly isOpen: boolean;
}

/**
 * The months in the folder of a subject's events, in order.
 * @param entries in `byName` order, in which the folder of a month comes right before its file
 */
export function monthsIn(entries: readonly Entry[]): Month[] {
  const months: Month[] = [];
  for (const { name, kind } of entries) {
    if (kind === 'folder' && isMonth(name)) months.push({ month: name, isSealed: false, isOpen: true });
    const month = kind === 'file' ? sealedMonthOf(name) : null;
    if (month === null) continue;
    const isOpen = months.at(-1)?.month === month;
    if (isOpen) months.pop();
    months.push({ month, isSealed: true, isOpen });
  }
  return months;
}

/** The months of a subject that may hold events, in order. Lists no month folder. */
export async function listMonths(view: StateView, subject: Subject): Promise<Month[]> {
  return monthsIn((await view.list(eventsFolder(subject))) ?? []);
}

/** The files of a month. Reads no event. */
export async function filesOf(
  view: StateView,
  subject: Subject,
  { month, isSealed, isOpen }: Month,
): Promise<MonthFiles> {
  const files = isOpen ? ((await view.list(`${eventsFolder(subject)}/${month}`)) ?? []) : [];
  const events = files.filter(({ name }) => eventIdOfName(name) !== null);
  const namesOf = (isFile: boolean) =>
    events.filter(({ kind }) => (kind === 'file') === isFile).map(({ name }) => name);
  return { month, isSealed, names: namesOf(true), odd: namesOf(false) };
}

/** The months of a subject that hold events, in order. Reads no event. */
export async function monthsOf(view: StateView, subject: Subject): Promise<MonthFiles[]> {
  const months = await listMonths(view, subject);
  return Promise.all(months.map((month) => filesOf(view, subject, month)));
}

/** The text of a file from a listing. Throws InvalidStateError. */
export async function readListed(view: StateView, path: string): Promise<string> {
  const text = await view.read(path);
  if (text === null)
    throw new InvalidStateError(`${path}: was listed and cannot be read`, { data: { path } });
  return text;
}

/** The events of a sealed month. Throws InvalidStateError if it is not a list of events. */
export async function readSealed(
  view: StateView,
  subject: Subject,
  month: string,
  broken: BrokenEvents = REFUSE_BROKEN,
): Promise<SealedEvent[]> {
  const path = sealedPath(subject, month);
  return parseSealedMonth(await readListed(view, path), path, broken);
}

/** The event in a file of its own. Throws InvalidStateError if its head is broken, or belongs to another event. */
export function fileEvent(subject: Subject, path: string, text: string): StoredEvent {
  const head = readHead(text, path);
  const name = eventName(head);
  if (!path.endsWith(`/${name}`)) {
    throw new InvalidStateError(`${path}: it holds the event of ${name}`, {
      suggestions: [`Look at who changed ${path}, and put it back`],
      data: { path },
    });
  }
  return { subject, path, head, text: () => text, read: () => parseEvent(text, path) };
}

/** An event of a sealed month, with its subject. */
export function stored(subject: Subject, event: SealedEvent): StoredEvent {
  const path = sealedPath(subject, monthOf(event.head.id));
  return { subject, path, head: event.head, text: () => event.text(), read: () => event.read() };
}

/** Parses events; those that cannot be parsed are noted. */
export function readAll(events: readonly StoredEvent[], broken: BrokenEvents = REFUSE_BROKEN): KgitEvent[] {
  return events.flatMap((event) => readOrNote(broken, event.path, () => event.read()) ?? []);
}

/** The file name that an event has outside of a sealed month. */
export function eventName({ id, action }: EventHead): string {
  return `${id}-${action}.yaml`;
}

/**
 * The events of one month from both forms, by id; one that lies in both is given once.
 * @param broken how events that cannot be read are handled
 */
export async function readMonth(
  view: StateView,
  subject: Subject,
  files: MonthFiles,
  broken: BrokenEvents = REFUSE_BROKEN,
): Promise<StoredEvent[]> {
  const { month, isSealed, names, odd } = files;
  const folder = `${eventsFolder(subject)}/${month}`;
  const readFile = (path: string) => readLaterOrNote(broken, path, () => readListed(view, path));
  const [sealed, texts] = await Promise.all([
    isSealed ? readLaterOrNote(broken, `${folder}.yaml`, () => readSealed(view, subject, month, broken)) : [],
    Promise.all(names.map((name) => readFile(`${folder}/${name}`))),
  ]);
  noteOdd(broken, folder, odd);
  const known = new Set(texts.length > 0 ? sealed?.map(({ head }) => eventName(head)) : []);
  const own = texts.flatMap((text, i) => {
    const name = names[i] as string;
    const path = `${folder}/${name}`;
    if (text === null || known.has(name)) return [];
    return readOrNote(broken, path, () => fileEvent(subject, path, text)) ?? [];
  });
  const events = [...(sealed ?? []).map((event) => stored(subject, event)), ...own];
  return own.length > 0 && (sealed ?? []).length > 0 ? inOrder(events) : events;
}

/** What stands under the name of an event and is no file was no event before either, so it is noted alone where that is asked for. */
function noteOdd(broken: BrokenEvents, folder: string, odd: readonly string[]): void {
  if (broken === REFUSE_BROKEN) return;
  for (const name of odd) {
    const path = `${folder}/${name}`;
    broken.note(path, new InvalidStateError(`${path}: an event is a regular file`, { data: { path } }));
  }
}

/** The number of events of a month; those of an open month are counted by file names. */
export async function countMonth(
  view: StateView,
  subject: Subject,
  files: MonthFiles,
  broken: BrokenEvents = REFUSE_BROKEN,
): Promise<number> {
  return files.isSealed ? (await readMonth(view, subject, files, broken)).length : files.names.length;
}

/** The last readable event of a month by id; null if there is none. Of an open month as few files as possible are read. */
export async function lastOfMonth(
  view: StateView,
  subject: Subject,
  files: MonthFiles,
  broken: BrokenEvents = REFUSE_BROKEN,
): Promise<KgitEvent | null> {
  const { names } = files;
  const steps = files.isSealed ? [names] : [...names].reverse().map((name) => [name]);
  for (const step of steps) {
    const events = await readMonth(view, subject, { ...files, names: step }, broken);
    for (const event of events.reverse()) {
      const [read] = readAll([event], broken);
      if (read) return read;
    }
  }
  return null;
}

/** Sorted like files: by id, then action. */
function inOrder(events: readonly StoredEvent[]): StoredEvent[] {
  return events
    .map((event) => ({ event, name: eventName(event.head) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ event }) => event);
}

/** The events of one action, newest id first; reads only as far as the caller iterates. */
export async function* newestOf(
  view: StateView,
  subject: Subject,
  action: string,
  broken: BrokenEvents = REFUSE_BROKEN,
): AsyncGenerator<StoredEvent, void> {
  for (const files of (await monthsOf(view, subject)).reverse()) {
    const names = files.names.filter((name) => name.endsWith(`-${action}.yaml`));
    if (files.isSealed) {
      const events = await readMonth(view, subject, { ...files, names }, broken);
      yield* events.filter(({ head }) => head.action === action).reverse();
      continue;
    }
    for (const name of names.reverse()) {
      const path = `${eventsFolder(subject)}/${files.month}/${name}`;
      const event = await readLaterOrNote(broken, path, async () =>
        fileEvent(subject, path, await readListed(view, path)),
      );
      if (event) yield event;
    }
  }
}
