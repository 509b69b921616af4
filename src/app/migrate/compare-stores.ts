import { InvalidStateError } from '../../errors.js';
import {
  eventIdOfName,
  isMonth,
  MARKER_FILE,
  sealedMonthOf,
  statePath,
  subjectOfFolder,
} from '../../model/subject/layout.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import { counted } from '../../model/value/counted.js';
import { sameValue } from '../../model/value/value.js';
import { foldAt } from '../../review/verify.js';
import type { Backend } from '../../store/port/backend.js';
import type { Entry, Revision, StateView } from '../../store/port/state-store.js';
import { listDeployments } from '../../store/read/records.js';
import { monthTexts } from './month-texts.js';

/** How many findings are kept; all are counted. */
const MAX_FINDINGS = 50;

/** A store at one revision. */
export interface ComparedStore {
  readonly store: Backend;
  readonly revision: Revision;
}

/** What was compared, and what differs. */
export interface Comparison {
  readonly events: number;
  readonly files: number;
  readonly states: number;
  /** The first differences, each in one line. */
  readonly findings: readonly string[];
  readonly differences: number;
}

export const NOTHING_COMPARED: Comparison = { events: 0, files: 0, states: 0, findings: [], differences: 0 };

/** Compares two stores, folder by folder. */
class Comparing {
  events = 0;
  files = 0;
  differences = 0;
  readonly findings: string[] = [];
  readonly #source: StateView;
  readonly #copy: StateView;
  readonly #ignored: ReadonlySet<string>;

  constructor(source: StateView, copy: StateView, ignored: ReadonlySet<string>) {
    this.#source = source;
    this.#copy = copy;
    this.#ignored = ignored;
  }

  find(finding: string): void {
    this.differences += 1;
    if (this.findings.length < MAX_FINDINGS) this.findings.push(finding);
  }

  async folder(path: string): Promise<void> {
    const parts = path.split('/');
    const subject = parts.at(-1) === 'events' ? subjectOfFolder(parts.slice(0, -1)) : null;
    const isEvents = (name: string, isFolder: boolean) =>
      isFolder ? isMonth(name) : sealedMonthOf(name) !== null;
    const months = await this.#entries(path, subject === null ? () => false : isEvents);
    if (subject === null) return;
    for (const month of new Set(months.map((name) => sealedMonthOf(name) ?? name)))
      await this.#month(subject, month, `${path}/${month}`);
  }

  /**
   * Compares what a folder holds, without its events.
   * @param isEvents whether an entry is or holds events
   * @returns the names of these
   */
  async #entries(path: string, isEvents: (name: string, isFolder: boolean) => boolean): Promise<string[]> {
    const [was, is] = [await entriesOf(this.#source, path), await entriesOf(this.#copy, path)];
    const events: string[] = [];
    for (const name of new Set([...was.keys(), ...is.keys()])) {
      const below = path === '' ? name : `${path}/${name}`;
      const isFolder = was.get(name) === 'folder' || is.get(name) === 'folder';
      if (this.#ignored.has(below)) continue;
      if (isEvents(name, isFolder)) events.push(name);
      else if (isFolder) await this.folder(below);
      else await this.#file(below);
    }
    return events;
  }

  async #file(path: string): Promise<void> {
    const [was, is] = [await textOf(this.#source, path), await textOf(this.#copy, path)];
    // What is no text stays behind.
    if (was === null && is === null) return;
    this.files += 1;
    if (was !== is)
      this.find(`${path} ${is === null ? 'is missing' : was === null ? 'is there in addition' : 'differs'}`);
  }

  /** Compares the events of a month, and what else lies in their folder. */
  async #month(subject: Subject, month: string, path: string): Promise<void> {
    await this.#entries(path, (name, isFolder) => !isFolder && eventIdOfName(name) !== null);
    const was = await monthTexts(this.#source, subject, month);
    const is = await monthTexts(this.#copy, subject, month);
    this.events += was.size;
    for (const name of new Set([...was.keys(), ...is.keys()])) {
      const [text, copy] = [was.get(name), is.get(name)];
      if (text === copy) continue;
      const what =
        copy === undefined ? 'is missing' : text === undefined ? 'is there in addition' : 'differs';
      this.find(`${formatSubject(subject)}: event ${name.slice(0, 26)} ${what}`);
    }
  }
}

async function entriesOf(view: StateView, folder: string): Promise<ReadonlyMap<string, Entry['kind']>> {
  const isFolder = folder === '' || (await view.kindOf(folder)) === 'folder';
  const entries = isFolder ? ((await view.list(folder)) ?? []) : [];
  return new Map(entries.map(({ name, kind }) => [name, kind]));
}

async function textOf(view: StateView, path: string): Promise<string | null> {
  try {
    return await view.read(path);
  } catch (error) {
    if (error instanceof InvalidStateError) return null;
    throw error;
  }
}

/**
 * Compares a copy with its source: the events of each subject by id and text, all other files, and what the events of
 * each deployment make of its state on both sides. Changes nothing.
 * @param ignored paths that may differ
 */
export async function compareStores(
  source: ComparedStore,
  copy: ComparedStore,
  ignored: ReadonlySet<string> = new Set(),
): Promise<Comparison> {
  const [was, is] = [source.store.view(source.revision), copy.store.view(copy.revision)];
  const comparing = new Comparing(was, is, ignored);
  await comparing.folder('');
  let states = 0;
  for (const id of await listDeployments(was)) {
    if ((await was.kindOf(statePath(id))) === null) continue;
    states += 1;
    const folds = [
      await foldAt(source.revision, id, source.store),
      await foldAt(copy.revision, id, copy.store),
    ] as const;
    if (!sameValue(folds[0]?.recorded ?? null, folds[1]?.recorded ?? null))
      comparing.find(`deployment/${id}: its events do not make the same state`);
  }
  const { events, files, findings, differences } = comparing;
  return { events, files, states, findings, differences };
}

/** What was compared, for people. */
export function comparedWords({ events, files, states }: Comparison): string {
  return [counted(events, 'event'), counted(states, 'state'), counted(files, 'file')].join(', ');
}

/** The file that says where a store went. */
export const MARKER: ReadonlySet<string> = new Set([MARKER_FILE]);
