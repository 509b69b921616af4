import { join } from 'node:path';
import { formatStatePath, type StatePath } from '../../model/state/state-path.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import { isMap, isValue, type Value } from '../../model/value/value.js';
import { PrivateJournal } from './private-journal.js';

/** The name of a value of an event that was withheld: the event's id, and the path in it. */
export function eventValueKey(id: string, field: StatePath): string {
  return `event:${id}:${formatStatePath(field)}`;
}

/** The name of a withheld value that one legacy file has otherwise than the state: its family, and the path in it. */
export function fileValueKey(family: string, path: StatePath): string {
  return `file:${family}:${formatStatePath(path)}`;
}

/** The name of the order of keys of a mapping in a legacy file from which a value was withheld: its family, and its path. */
export function orderKey(family: string, path: StatePath): string {
  return `order:${family}:${formatStatePath(path)}`;
}

/** Whether a name is that of a value of an event. */
export function isEventKey(name: string): boolean {
  return name.startsWith('event:');
}

/** Whether a name is that of the order of a mapping's keys. */
export function isOrderKey(name: string): boolean {
  return name.startsWith('order:');
}

/** Whether a name is that of a value of the state, by its path there. */
export function isStateKey(name: string): boolean {
  return !/^(?:event|file|order):/.test(name);
}

interface Line {
  readonly set: Readonly<Record<string, Value>>;
  readonly forget: readonly string[];
}

/** The line of a journal; of one that is damaged, what can be read. */
function readLine(line: unknown): Line {
  const { set, forget } = isMap(line) ? line : {};
  return {
    set: isMap(set) && isValue(set) ? set : {},
    forget: Array.isArray(forget) ? forget.filter((key) => typeof key === 'string') : [],
  };
}

/**
 * The secrets that were withheld from the repository, on the machine that has them: one file per subject in the
 * local folder of the clone (`withheld/`), readable by its user alone. State goes by its state path
 * (`formatStatePath`), a value of an event by `eventValueKey`, one that a file has otherwise by `fileValueKey`; beside
 * them lies where in their files they stood (`orderKey`). A value may be a secret itself: it goes to who asked
 * for it, and never into a log, a message or git.
 */
export class WithheldValues {
  readonly #folder: string;
  readonly #known = new Map<string, Promise<Map<string, Value>>>();

  /** @param folder the local folder of the clone */
  constructor(folder: string) {
    this.#folder = join(folder, 'withheld');
  }

  #journal(subject: Subject): PrivateJournal {
    return new PrivateJournal(this.#folder, formatSubject(subject));
  }

  /** All that is withheld of a subject, by state path, `eventValueKey` or `fileValueKey`. Throws EnvironmentError. */
  all(subject: Subject): Promise<ReadonlyMap<string, Value>> {
    return this.#read(subject);
  }

  /** The value that is withheld there; undefined where none is. Throws EnvironmentError. */
  async get(subject: Subject, key: string): Promise<Value | undefined> {
    return (await this.#read(subject)).get(key);
  }

  /** Keeps values, durably when it returns; undefined forgets one. What is there already is not written again. */
  async put(subject: Subject, values: ReadonlyMap<string, Value | undefined>): Promise<void> {
    this.#known.delete(formatSubject(subject));
    const known = await this.#read(subject);
    const news = [...values].filter(([key, value]) => !isSame(known, key, value));
    if (news.length === 0) return;
    const set = Object.fromEntries(
      news.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    );
    const forget = news.flatMap(([key, value]) => (value === undefined ? [key] : []));
    await this.#journal(subject).append({ set, forget } satisfies Line);
    this.#known.delete(formatSubject(subject));
  }

  /**
   * Forgets values, and rewrites the file, so that neither they nor values that were replaced are left on disk: the team has them.
   * Throws EnvironmentError.
   */
  async forget(subject: Subject, keys: ReadonlySet<string>): Promise<void> {
    const journal = this.#journal(subject);
    if ((await journal.read()).length === 0) return;
    const kept = [...(await this.#replay(subject))].filter(([key]) => !keys.has(key));
    const line: Line = { set: Object.fromEntries(kept), forget: [] };
    await journal.replace(...(kept.length > 0 ? [line] : []));
    this.#known.delete(formatSubject(subject));
  }

  #read(subject: Subject): Promise<Map<string, Value>> {
    const name = formatSubject(subject);
    const read = this.#known.get(name) ?? this.#replay(subject);
    this.#known.set(name, read);
    return read;
  }

  async #replay(subject: Subject): Promise<Map<string, Value>> {
    const values = new Map<string, Value>();
    for (const line of await this.#journal(subject).read()) {
      const { set, forget } = readLine(line);
      for (const [key, value] of Object.entries(set)) values.set(key, value);
      for (const key of forget) values.delete(key);
    }
    return values;
  }
}

function isSame(known: ReadonlyMap<string, Value>, key: string, value: Value | undefined): boolean {
  if (value === undefined) return !known.has(key);
  return known.has(key) && JSON.stringify(known.get(key)) === JSON.stringify(value);
}
