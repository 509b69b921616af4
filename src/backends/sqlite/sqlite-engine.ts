/** Finds a library for SQLite: the one of Node, else `libsql` where it is installed. */
import { EnvironmentError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';

type Parameter = string | number | Uint8Array;

/** A prepared statement. */
export interface SqliteStatement {
  get(...parameters: Parameter[]): unknown;
  all(...parameters: Parameter[]): unknown[];
  run(...parameters: Parameter[]): unknown;
}

/** What `node:sqlite` and libsql have in common. */
export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

/** Opens a database file, and creates it if it is missing. */
export type SqliteEngine = (path: string) => SqliteDatabase;

interface NodeModule {
  readonly DatabaseSync: new (path: string) => SqliteDatabase;
}

interface LibsqlModule {
  readonly default: new (path: string) => SqliteDatabase;
}

const NOT_THERE = ['ERR_UNKNOWN_BUILTIN_MODULE', 'MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'];

/** Does `work` without the warning of Node 22 that its SQLite is experimental; other warnings stay. */
async function withoutWarning<T>(work: () => Promise<T>): Promise<T> {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (!/SQLite is an experimental feature/.test(String(warning)))
      Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return await work();
  } finally {
    process.emitWarning = emitWarning;
  }
}

async function orMissing<T>(load: () => Promise<T>): Promise<T | null> {
  try {
    return await load();
  } catch (error) {
    if (hasCode(error, ...NOT_THERE)) return null;
    throw error;
  }
}

/** Returns the SQLite of Node; null if this Node has none. */
export async function nodeEngine(): Promise<SqliteEngine | null> {
  // @ts-expect-error Types of Node 20 do not have it.
  const found: NodeModule | null = await orMissing(() => withoutWarning(() => import('node:sqlite')));
  return found && ((path) => new found.DatabaseSync(path));
}

/** Returns libsql; null if it is not installed. */
export async function libsqlEngine(): Promise<SqliteEngine | null> {
  const found: LibsqlModule | null = await orMissing(() => import('libsql'));
  return found && ((path) => new found.default(path));
}

/** Returns the first engine there is. Throws EnvironmentError. */
export async function sqliteEngine(): Promise<SqliteEngine> {
  const engine = (await nodeEngine()) ?? (await libsqlEngine());
  if (engine) return engine;
  throw new EnvironmentError(
    'there is no SQLite: this version of Node has none, and libsql is not installed',
    {
      suggestions: ['Use Node 22.13 or newer', 'Or install it beside kgit: npm install --global libsql'],
      data: { needs: 'sqlite' },
    },
  );
}
