import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { EnvironmentError, InvalidStateError, RefusedError, RemoteError } from '../../errors.js';
import { isMap } from '../../model/value/value.js';
import { privateFolder } from '../../store/local/durable-files.js';
import type { Clock } from '../../store/port/host.js';
import { requireLocalDisk } from '../disk/local-disk.js';
import { appendLocked } from '../keyed/append/append-plan.js';
import type {
  Append,
  AppendOutcome,
  Cost,
  KeySpace,
  Put,
  SeenHead,
  Span,
  Stamped,
  Write,
  WriteFailure,
  Written,
} from '../keyed/key-space.js';
import { formatHead } from '../keyed/records.js';
import { untilChanged } from '../keyed/until-changed.js';
import type { SqliteDatabase, SqliteEngine, SqliteStatement } from './sqlite-engine.js';

const MIB = 1024 * 1024;
/** How long one call waits in SQLite for another process, in ms: longer waits leave the event loop free. */
const BUSY_MS = 100;
/** How many keys are looked at in one statement. */
const PAGE = 500;

const SET_UP = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA busy_timeout = ${BUSY_MS};
CREATE TABLE IF NOT EXISTS kgit (key TEXT PRIMARY KEY, value TEXT NOT NULL, version TEXT NOT NULL) WITHOUT ROWID;
`;

/** Codes of SQLite. */
const BUSY = 5;
const LOCKED = 6;
const CORRUPT = 11;
const FULL = 13;
const TOO_BIG = 18;
const NOT_A_DATABASE = 26;
const NAMES: Readonly<Record<string, number>> = {
  SQLITE_BUSY: BUSY,
  SQLITE_LOCKED: LOCKED,
  SQLITE_CORRUPT: CORRUPT,
  SQLITE_FULL: FULL,
  SQLITE_TOOBIG: TOO_BIG,
  SQLITE_NOTADB: NOT_A_DATABASE,
};

/** The code of an error of SQLite; null for any other error. */
function codeOf(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  // node:sqlite gives a number, libsql a name.
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff;
  const name = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const base = /^SQLITE_[A-Z]+/.exec(name)?.[0];
  return base === undefined ? null : (NAMES[base] ?? 1);
}

/** Keys in a table of a SQLite file. */
export class SqliteKeySpace implements KeySpace {
  readonly target: string;
  readonly limits: Cost = { ops: 5_000, bytes: 8 * MIB };
  readonly #path: string;
  readonly #engine: SqliteEngine;
  readonly #clock: Clock;
  #database: SqliteDatabase | null = null;

  /** @param path absolute; the file is created by the first write */
  constructor(path: string, engine: SqliteEngine, clock: Clock) {
    this.target = `sqlite:${path}`;
    this.#path = path;
    this.#engine = engine;
    this.#clock = clock;
  }

  cost(puts: readonly Put[]): Cost {
    let bytes = 0;
    for (const { key, value } of puts) bytes += Buffer.byteLength(key) + Buffer.byteLength(value ?? '') + 40;
    return { ops: puts.length, bytes };
  }

  /** The open database; null if there is no file. */
  async #open(timeoutMs: number, isToWrite: boolean): Promise<SqliteDatabase | null> {
    if (this.#database) return this.#database;
    if (!existsSync(this.#path)) {
      if (!isToWrite) return null;
      await requireLocalDisk(this.#path);
      await privateFolder(dirname(this.#path));
    } else await requireLocalDisk(this.#path);
    return this.#patiently(timeoutMs, () => {
      const database = this.#engine(this.#path);
      try {
        database.exec(SET_UP);
      } catch (error) {
        database.close();
        throw error;
      }
      this.#database = database;
      return database;
    });
  }

  /** Does `work` again while another process holds the database. Throws RemoteError, EnvironmentError, InvalidStateError. */
  async #patiently<T>(timeoutMs: number, work: () => T): Promise<T> {
    const deadline = this.#clock.now() + timeoutMs;
    for (;;) {
      try {
        return work();
      } catch (error) {
        const code = codeOf(error);
        if (code === null) throw error;
        if (code !== BUSY && code !== LOCKED) throw this.#failure(error as Error, code);
        if (this.#clock.now() >= deadline)
          throw new RemoteError(`${this.target}: another process holds the database`, {
            suggestions: ['Run the command again', `See who has it open: fuser ${this.#path}`],
            data: { path: this.#path },
            cause: error,
          });
        await this.#clock.sleep(5 + 20 * this.#clock.random());
      }
    }
  }

  #failure(cause: Error, code: number): EnvironmentError | InvalidStateError | RefusedError {
    const details = { cause, data: { path: this.#path } };
    if (code === TOO_BIG)
      return new RefusedError(`${this.target}: too large for SQLite`, {
        ...details,
        suggestions: ['Write less at a time'],
      });
    if (code === CORRUPT || code === NOT_A_DATABASE)
      return new InvalidStateError(`${this.target}: it is no database, or damaged`, {
        ...details,
        suggestions: ['Check the path', 'Restore the file from a backup'],
      });
    return new EnvironmentError(`${this.target}: ${code === FULL ? 'the disk is full' : cause.message}`, {
      ...details,
      suggestions: [
        code === FULL
          ? 'Free some space and run the command again'
          : `Check the permissions of ${this.#path} and its folder`,
      ],
    });
  }

  async #reading<T>(timeoutMs: number, empty: T, read: (database: SqliteDatabase) => T): Promise<T> {
    const database = await this.#open(timeoutMs, false);
    return database === null ? empty : this.#patiently(timeoutMs, () => read(database));
  }

  get(keys: readonly string[], timeoutMs: number): Promise<(Stamped | null)[]> {
    const none = keys.map(() => null);
    return this.#reading<(Stamped | null)[]>(timeoutMs, none, (database) => {
      const rows = database
        .prepare('SELECT key, value, version FROM kgit WHERE key IN (SELECT value FROM json_each(?))')
        .all(JSON.stringify(keys));
      const found = new Map(
        rows.map((row) => [
          column(row, 'key'),
          { value: column(row, 'value'), version: column(row, 'version') },
        ]),
      );
      return keys.map((key) => found.get(key) ?? null);
    });
  }

  names(folder: string, prefix: string, timeoutMs: number): Promise<string[]> {
    return this.#reading<string[]>(timeoutMs, [], (database) => {
      // One statement sees one moment, several need a transaction.
      database.exec('BEGIN');
      try {
        return [...namesIn(database, folder, prefix)];
      } finally {
        database.exec('COMMIT');
      }
    });
  }

  range(span: Span, timeoutMs: number): Promise<[string, string][]> {
    const { folder, from, to, limit, reverse = false } = span;
    return this.#reading<[string, string][]>(timeoutMs, [], (database) =>
      database
        .prepare(
          `SELECT key, value FROM kgit WHERE key >= ? AND key < ? AND instr(substr(key, ?), '/') = 0
          ORDER BY key ${reverse ? 'DESC' : 'ASC'} LIMIT ?`,
        )
        .all(folder + from, folder + to, [...folder].length + 1, limit)
        .map((row) => [column(row, 'key'), column(row, 'value')]),
    );
  }

  async write({ expect, puts, tell = [] }: Write, timeoutMs: number): Promise<Written> {
    return this.#writing(timeoutMs, (database, version): Written => {
      const keys = transaction(database, (table) => {
        const stale = [...expect].filter(([key, expected]) => table.version(key) !== expected);
        if (stale.length === 0) table.put(puts, version);
        return stale.map(([key]) => key);
      });
      if (keys.length > 0) return { kind: 'stale', keys };
      return { kind: 'done', versions: new Map(tell.map((key) => [key, version])) };
    });
  }

  async append(append: Append, timeoutMs: number): Promise<AppendOutcome> {
    return this.#writing(timeoutMs, (database, version): AppendOutcome => {
      const appended = transaction(database, (table) => {
        const found = appendLocked(append, table);
        if (found) table.put(found.all, version);
        return found;
      });
      if (appended === null) return { kind: 'stale' };
      const { head, revisions } = appended;
      return { kind: 'done', head: { value: formatHead(head), version }, revisions };
    });
  }

  /** @param write gets the version of what it puts */
  async #writing<T>(
    timeoutMs: number,
    write: (database: SqliteDatabase, version: string) => T,
  ): Promise<T | WriteFailure> {
    try {
      const database = await this.#open(timeoutMs, true);
      if (database === null) throw new Error('a file that is to be written is opened');
      const version = randomBytes(8).toString('hex');
      return await this.#patiently(timeoutMs, () => write(database, version));
    } catch (error) {
      if (error instanceof RemoteError) return { kind: 'unreachable', error };
      if (error instanceof RefusedError) return { kind: 'refused', error };
      throw error;
    }
  }

  /** What is damaged in the file, for `kgit doctor`; null if nothing is. Throws as reads do. */
  damage(timeoutMs: number): Promise<string | null> {
    return this.#reading<string | null>(timeoutMs, null, (database) => {
      const found = column(database.prepare('PRAGMA quick_check(1)').get(), 'quick_check');
      return found === 'ok' ? null : found;
    });
  }

  changed(after: SeenHead, signal: AbortSignal): Promise<void> {
    return untilChanged(this, after, signal, this.#clock);
  }

  async close(): Promise<void> {
    this.#database?.close();
    this.#database = null;
  }
}

/** The text in a column of a row. */
function column(row: unknown, name: string): string {
  const value = isMap(row) ? row[name] : '';
  const isBytes = value instanceof Uint8Array || value instanceof ArrayBuffer;
  return isBytes ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(value) : String(value);
}

/** Texts with NUL are kept as bytes, because libraries cut them there. */
const asColumn = (value: string) => (value.includes('\0') ? Buffer.from(value) : value);

/** The keys in a transaction that writes. */
class LockedTable {
  readonly #database: SqliteDatabase;
  readonly #find: SqliteStatement;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#find = database.prepare('SELECT value, version FROM kgit WHERE key = ?');
  }

  #column(key: string, name: string): string | null {
    const row = this.#find.get(key);
    return row === undefined ? null : column(row, name);
  }

  version(key: string): string | null {
    return this.#column(key, 'version');
  }

  value(key: string): string | null {
    return this.#column(key, 'value');
  }

  hasName(beginning: string): boolean {
    const next = this.#database.prepare('SELECT key FROM kgit WHERE key >= ? ORDER BY key LIMIT 1');
    return column(next.get(beginning), 'key').startsWith(beginning);
  }

  put(puts: readonly Put[], version: string): void {
    const put = this.#database.prepare('REPLACE INTO kgit (key, value, version) VALUES (?, ?, ?)');
    const remove = this.#database.prepare('DELETE FROM kgit WHERE key = ?');
    for (const { key, value } of puts)
      if (value === null) remove.run(key);
      else put.run(key, asColumn(value), version);
  }
}

/** Does `work` while nobody else writes, all of it or nothing. */
function transaction<T>(database: SqliteDatabase, work: (table: LockedTable) => T): T {
  database.exec('BEGIN IMMEDIATE');
  let isOpen = true;
  try {
    const done = work(new LockedTable(database));
    database.exec('COMMIT');
    isOpen = false;
    return done;
  } finally {
    if (isOpen) rollBack(database);
  }
}

/** Ends a transaction, unless SQLite did so with the error that is thrown now. */
function rollBack(database: SqliteDatabase): void {
  try {
    database.exec('ROLLBACK');
  } catch (error) {
    if (codeOf(error) === null) throw error;
  }
}

/** The names right below a folder, found from key to key: what is below a folder there is skipped. */
function* namesIn(database: SqliteDatabase, folder: string, prefix: string): Generator<string> {
  const next = database.prepare('SELECT key FROM kgit WHERE key >= ? ORDER BY key LIMIT ?');
  let from = folder + prefix;
  for (let [page, isAtEnd] = [1, false]; !isAtEnd; ) {
    const rows = next.all(from, page);
    isAtEnd = rows.length < page;
    page = Math.min(page * 8, PAGE);
    for (const row of rows) {
      const found = column(row, 'key');
      if (!found.startsWith(folder + prefix)) return;
      const cut = found.indexOf('/', folder.length);
      yield found.slice(folder.length, cut < 0 ? undefined : cut + 1);
      from = `${found}\u0001`;
      if (cut < 0) continue;
      // '0' is the character behind '/'.
      from = `${found.slice(0, cut)}0`;
      page = 1;
      isAtEnd = false;
      break;
    }
  }
}
