import { join } from 'node:path';
import { FileKeySpace } from '../../src/backends/file/file-key-space.js';
import type { Cost, KeySpace } from '../../src/backends/keyed/key-space.js';
import { MemoryKeySpace, SharedMemory } from '../../src/backends/memory/memory-key-space.js';
import { libsqlEngine, nodeEngine, type SqliteEngine } from '../../src/backends/sqlite/sqlite-engine.js';
import { SqliteKeySpace } from '../../src/backends/sqlite/sqlite-key-space.js';
import { systemClock, thisHost } from '../../src/setup/this-host.js';
import { temporaryFolder } from './git-fixtures.js';

/** One place of keys: each call opens another client of it. */
export type Place = () => KeySpace;

/** A kind of key space. */
export interface KindOfSpace {
  readonly name: string;
  /** Makes an empty place. */
  readonly place: () => Place;
}

const memory = (name: string, limits?: Cost): KindOfSpace => ({
  name,
  place: () => {
    const shared = new SharedMemory();
    return () => new MemoryKeySpace(shared, limits);
  },
});

const sqlite = (name: string, engine: SqliteEngine): KindOfSpace => ({
  name,
  place: () => {
    const file = join(temporaryFolder('kgit-sqlite-'), 'state.db');
    return () => new SqliteKeySpace(file, engine, systemClock);
  },
});

const [ofNode, libsql] = [await nodeEngine(), await libsqlEngine()];
if (libsql === null) throw new Error('libsql is not installed: npm ci');

const files: KindOfSpace = {
  name: 'files',
  place: () => {
    const folder = join(temporaryFolder('kgit-files-'), 'state');
    return () => new FileKeySpace(folder, thisHost, systemClock);
  },
};

/** The key spaces that need no server. SQLite is that of Node where it has one, and libsql always. */
export const LOCAL_SPACES: readonly KindOfSpace[] = [
  memory('memory'),
  memory('memory with the limits of Consul', { ops: 64, bytes: 100_000 }),
  ...(ofNode ? [sqlite('node:sqlite', ofNode)] : []),
  sqlite('libsql', libsql),
  files,
];

/** A key space so small that nearly every write goes by parts. */
export const TINY_SPACE = memory('a tiny memory', { ops: 3, bytes: 1_500 });
