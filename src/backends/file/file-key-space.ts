import { createHash } from 'node:crypto';
import { lstat, mkdir, open, readdir, readFile, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InternalError, InvalidStateError, RefusedError, RemoteError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { isMap } from '../../model/value/value.js';
import { orIfGone, syncFolder } from '../../store/local/durable-files.js';
import type { Clock, Host } from '../../store/port/host.js';
import { requireLocalDisk, unusable } from '../disk/local-disk.js';
import type { Cost, KeySpace, Put, SeenHead, Span, Stamped, Write, Written } from '../keyed/key-space.js';
import { Overlay } from '../keyed/overlay.js';
import { parsePuts } from '../keyed/stored-puts.js';
import { untilChanged } from '../keyed/until-changed.js';
import { NumberedLock } from './numbered-lock.js';

const MIB = 1024 * 1024;
/** The newest write: it counts as done as soon as this file is there. No key begins with a dot at the top. */
const JOURNAL = '.journal';
const LOCK = '.lock';
/** Files that are not whole yet. */
const TEMPORARY = '.tmp';
const MAX_NAME_BYTES = 255;
/** How many files are written at the same time. */
const AT_ONCE = 64;
/** How often a read is repeated while others write. */
const MAX_TRIES = 1_000;

/** What a journal says. */
interface Journal {
  readonly text: string;
  /** The puts that may not be in their places yet. */
  readonly puts: ReadonlyMap<string, string | null>;
}

const NO_JOURNAL: Journal = { text: '', puts: new Map() };

const versionOf = (value: string) => createHash('sha1').update(value).digest('hex');

/** Compares texts by their bytes in UTF-8. */
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * Keys as files in a folder that people read: `state/d1/deployment/phase`. A write is one file, the journal, until its
 * values are in their places; readers take them from there meanwhile, and whoever writes next finishes it.
 */
export class FileKeySpace implements KeySpace {
  readonly target: string;
  readonly limits: Cost = { ops: 5_000, bytes: 8 * MIB };
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #lock: NumberedLock;
  readonly #host: Host;
  #made = 0;
  #isChecked = false;

  /** @param folder absolute; made by the first write */
  constructor(folder: string, host: Host, clock: Clock) {
    this.target = `file:${folder}`;
    this.#folder = folder;
    this.#host = host;
    this.#clock = clock;
    this.#lock = new NumberedLock(join(folder, LOCK), host, clock);
  }

  cost(puts: readonly Put[]): Cost {
    let bytes = 0;
    for (const { key, value } of puts) bytes += Buffer.byteLength(key) + Buffer.byteLength(value ?? '');
    return { ops: puts.length, bytes };
  }

  #pathOf(key: string): string {
    if (/(^|\/)(\.{0,2})(\/|$)|\0/.test(key)) throw new InternalError(`${JSON.stringify(key)} is no key`);
    return join(this.#folder, key);
  }

  async #valueOf(key: string): Promise<string | null> {
    try {
      return await readFile(this.#pathOf(key), 'utf8');
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return null;
      throw unusable(this.#folder, error);
    }
  }

  async #journal(): Promise<Journal> {
    const text = await orIfGone(readFile(join(this.#folder, JOURNAL), 'utf8'), null);
    if (text === null) return NO_JOURNAL;
    return { text, puts: parseJournal(text, this.#folder) };
  }

  /** Reads files of one moment: no write came or ended in between. */
  async #atOnce<T>(read: (puts: Journal['puts']) => Promise<T>): Promise<T> {
    if (!this.#isChecked) await requireLocalDisk(this.#folder);
    this.#isChecked = true;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const journal = await this.#journal();
      const found = await read(journal.puts);
      if ((await this.#journal()).text === journal.text) return found;
    }
    throw new RemoteError(`${this.target}: others write to it all the time`, {
      suggestions: ['Run the command again'],
      data: { path: this.#folder },
    });
  }

  get(keys: readonly string[]): Promise<(Stamped | null)[]> {
    return this.#atOnce(async (puts) => {
      const found: (Stamped | null)[] = [];
      for (const key of keys) {
        const put = puts.get(key);
        const value = put === undefined ? await this.#valueOf(key) : put;
        found.push(value === null ? null : { value, version: versionOf(value) });
      }
      return found;
    });
  }

  names(folder: string, prefix: string): Promise<string[]> {
    return this.#atOnce((puts) => this.#namesOver(puts, folder, prefix));
  }

  async #entries(folder: string) {
    try {
      return await readdir(join(this.#folder, folder), { withFileTypes: true });
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
      throw unusable(this.#folder, error);
    }
  }

  async #namesOver(puts: Journal['puts'], folder: string, prefix: string): Promise<string[]> {
    const list = async (at: string): Promise<string[]> => {
      const entries = await this.#entries(at);
      const names = entries
        .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
        .filter((name) => at !== '' || !name.startsWith('.'));
      return puts.size === 0 ? names : overlay.names(at, '', names, list);
    };
    const overlay = new Overlay(new Map([...puts].map(([key, value]) => [key, value !== null])));
    return (await list(folder)).filter((name) => name.startsWith(prefix));
  }

  range({ folder, from, to, limit, reverse = false }: Span): Promise<[string, string][]> {
    return this.#atOnce(async (puts) => {
      const names = (await this.#namesOver(puts, folder, '')).filter(
        (name) => !name.endsWith('/') && byBytes(name, from) >= 0 && byBytes(name, to) < 0,
      );
      names.sort((a, b) => (reverse ? byBytes(b, a) : byBytes(a, b)));
      const found: [string, string][] = [];
      for (const name of names.slice(0, limit)) {
        const put = puts.get(folder + name);
        const value = put === undefined ? await this.#valueOf(folder + name) : put;
        if (value !== null) found.push([folder + name, value]);
      }
      return found;
    });
  }

  async write({ expect, puts, tell = [] }: Write, timeoutMs: number): Promise<Written> {
    for (const { key } of puts)
      if (key.split('/').some((name) => Buffer.byteLength(name) > MAX_NAME_BYTES))
        return { kind: 'refused', error: longName(this.target, key) };
    try {
      await requireLocalDisk(this.#folder);
      await mkdir(this.#folder, { recursive: true });
      const written = await this.#lock.exclusively(timeoutMs, () => this.#write(expect, puts));
      if (written === null) return { kind: 'unreachable', error: held(this.target, this.#folder) };
      if (written.done.length > 0) return { kind: 'stale', keys: written.done };
    } catch (error) {
      if (hasCode(error, 'ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'))
        throw unusable(this.#folder, error);
      throw error;
    }
    const values = new Map(puts.map(({ key, value }) => [key, value]));
    return { kind: 'done', versions: new Map(tell.map((key) => [key, versionOf(values.get(key) ?? '')])) };
  }

  /** Returns the keys that do not have the expected version; then nothing was written. */
  async #write(expect: Write['expect'], puts: readonly Put[]): Promise<string[]> {
    await this.#clear();
    await this.#finish(await this.#journal());
    const stale: string[] = [];
    for (const [key, version] of expect) {
      const value = await this.#valueOf(key);
      if ((value === null ? null : versionOf(value)) !== version) stale.push(key);
    }
    if (stale.length > 0 || puts.length === 0) return stale;
    const journal = new Map(puts.map(({ key, value }) => [key, value]));
    this.#made += 1;
    // The number makes each journal another text, so that readers see that there was one.
    const text = JSON.stringify({
      number: `${this.#clock.now()}-${this.#host.pid}-${this.#made}`,
      puts: [...journal],
    });
    await this.#place(JOURNAL, text);
    await syncFolder(this.#folder);
    await this.#finish({ text, puts: journal });
    return [];
  }

  /** Puts the values of a journal in their places. */
  async #finish({ text, puts }: Journal): Promise<void> {
    if (puts.size === 0) return;
    const folders = new Set<string>();
    for (const [key, value] of puts) if (value === null) await this.#remove(key, folders);
    const values = [...puts].flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]));
    for (let i = 0; i < values.length; i += AT_ONCE)
      await Promise.all(
        values.slice(i, i + AT_ONCE).map(async ([key, value]) => {
          await this.#makeFolder(dirname(this.#pathOf(key)), folders);
          await this.#place(key, value);
        }),
      );
    await Promise.all([...folders].map((folder) => orIfGone(syncFolder(folder), undefined)));
    const json: unknown = JSON.parse(text);
    const number = isMap(json) ? json['number'] : null;
    await this.#place(JOURNAL, JSON.stringify({ number, puts: [] }));
  }

  /** Removes files that a process left when it was killed: only the holder of the lock makes any. */
  async #clear(): Promise<void> {
    const folder = join(this.#folder, TEMPORARY);
    for (const name of await orIfGone(readdir(folder), [])) await unlink(join(folder, name));
  }

  /** Gives a value its name once it is on the disk. */
  async #place(key: string, value: string): Promise<void> {
    this.#made += 1;
    const temporary = join(this.#folder, TEMPORARY, `${this.#host.pid}-${this.#made}`);
    const handle = await open(temporary, 'w').catch(async (error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
      await mkdir(dirname(temporary), { recursive: true });
      return open(temporary, 'w');
    });
    try {
      await handle.writeFile(value);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, join(this.#folder, key));
  }

  /** Makes a folder, and notes those whose names must become durable. */
  async #makeFolder(folder: string, changed: Set<string>): Promise<void> {
    changed.add(folder);
    if ((await mkdir(folder, { recursive: true })) === undefined) return;
    for (let at = folder; at.length >= this.#folder.length; at = dirname(at)) changed.add(at);
  }

  /** Removes a file, and the folders that it leaves empty. */
  async #remove(key: string, changed: Set<string>): Promise<void> {
    const path = this.#pathOf(key);
    const kind = await lstat(path).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
      throw error;
    });
    // A later put of the same journal, which was begun before, may have made a folder of this name.
    if (kind === null || kind.isDirectory()) return;
    await unlink(path);
    for (let at = dirname(path); at.length > this.#folder.length; at = dirname(at)) {
      changed.add(at);
      try {
        await rmdir(at);
      } catch (error) {
        if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) break;
        throw error;
      }
      changed.delete(at);
    }
  }

  changed(after: SeenHead, signal: AbortSignal): Promise<void> {
    return untilChanged(this, after, signal, this.#clock);
  }

  async close(): Promise<void> {}
}

function parseJournal(text: string, folder: string): ReadonlyMap<string, string | null> {
  const puts = parsePuts(text);
  if (puts === null) throw broken(folder);
  return puts;
}

function broken(folder: string): InvalidStateError {
  return new InvalidStateError(`${join(folder, JOURNAL)} is damaged`, {
    suggestions: ['Restore the folder from a backup'],
    data: { path: join(folder, JOURNAL) },
  });
}

function held(target: string, folder: string): RemoteError {
  return new RemoteError(`${target}: another process writes to it`, {
    suggestions: ['Run the command again', `See who writes: cat ${join(folder, LOCK)}/*`],
    data: { path: folder },
  });
}

function longName(target: string, key: string): RefusedError {
  return new RefusedError(
    `${target}: a name in ${key.slice(0, 300)} is longer than ${MAX_NAME_BYTES} bytes`,
    {
      suggestions: ['Choose a shorter name'],
      data: { key: key.slice(0, 1_000) },
    },
  );
}
