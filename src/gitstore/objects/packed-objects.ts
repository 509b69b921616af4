/** Makes the objects of a small write in this process: git needs longer to start than to write them. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { EnvironmentError, InvalidStateError } from '../../errors.js';
import { isOfSystem } from '../../model/value/error-codes.js';
import { READ_ONLY_FILE } from '../../platform/file-modes.js';
import { rename, writeNew } from '../../platform/small-files.js';
import { removeFile } from '../../store/local/durable-files.js';
import type { Commit } from '../../store/port/state-store.js';
import { makeCommits } from '../embedded/made-commits.js';
import { objectId } from '../embedded/packs/index-pack.js';
import { type ObjectType, TRAILER } from '../embedded/packs/pack-entry.js';
import { formatIndex } from '../embedded/packs/pack-index.js';
import type { ObjectMaker } from '../embedded/stored-objects.js';
import { packOf } from '../embedded/wire/pack.js';
import type { Repository } from '../repository/repository.js';
import type { GitObject } from './cat-file.js';
import type { Made } from './commit-builder.js';
import type { Chain } from './fast-import.js';
import type { ObjectReader } from './object-reader.js';

/**
 * Most objects that are made here, and most bytes of them all: more take longer than git takes to start. A chain of small
 * commits has a copy of each tree for each commit, which is compressed whole here, where git makes deltas.
 */
const MAX_OBJECTS = 32;
const MAX_BYTES = 128 * 1024;

/** Values of `core.sharedRepository` that share nothing. */
const PRIVATE = /^(umask|false|no|off|0)$/i;

/** Thrown where git is to make the commits. */
class LeftToGit extends Error {}

/** Objects that are stored as one pack with its index, as fast-import stores them. */
class PackedObjects implements ObjectMaker {
  readonly #reader: ObjectReader;
  readonly #folder: string;
  readonly #made = new Map<string, GitObject>();
  #madeBytes = 0;
  /** The pack with what was stored: its path without the ending. */
  pack: string | undefined;

  /** @param folder of the packs */
  constructor(reader: ObjectReader, folder: string) {
    this.#reader = reader;
    this.#folder = folder;
  }

  async object(oid: string): Promise<GitObject | null> {
    return this.#made.get(oid) ?? this.#reader.read(oid);
  }

  async need(oid: string, type: ObjectType): Promise<GitObject> {
    const object = await this.object(oid);
    if (object?.type !== type || object.data.length > MAX_BYTES) throw new LeftToGit();
    return object;
  }

  make(type: ObjectType, data: Buffer): string {
    this.#madeBytes += data.length;
    const oid = objectId(type, data);
    this.#made.set(oid, { oid, type, data });
    if (this.#madeBytes > MAX_BYTES || this.#made.size > MAX_OBJECTS) throw new LeftToGit();
    return oid;
  }

  async store(): Promise<void> {
    const { pack, entries } = await packOf(this, this.#made.keys());
    const checksum = pack.subarray(-TRAILER);
    const name = `pack-${checksum.toString('hex')}`;
    // The index makes the pack count, so it is named last.
    await this.#write([
      [`${name}.pack`, pack],
      [`${name}.idx`, formatIndex(entries, checksum)],
    ]);
    this.pack = join(this.#folder, name);
    for (const object of this.#made.values()) this.#reader.keep(object);
  }

  /**
   * Writes files so that they are there whole, and synced as `core.fsync` has packs; they get their names in this order. git
   * prunes what a kill leaves.
   */
  async #write(files: readonly (readonly [name: string, data: Buffer])[]): Promise<void> {
    const made = files.map(([name, data]) => ({
      path: join(this.#folder, name),
      data,
      temporary: join(this.#folder, `tmp_kgit_${randomBytes(6).toString('hex')}`),
    }));
    try {
      const written = await Promise.allSettled(
        made.map(({ temporary, data }) =>
          writeNew(temporary, data, { mode: READ_ONLY_FILE, isSynced: true }),
        ),
      );
      for (const each of written) if (each.status === 'rejected') throw each.reason;
      for (const { temporary, path } of made) await rename(temporary, path);
    } catch (error) {
      for (const { temporary } of made) await removeFile(temporary);
      throw error;
    }
  }
}

function isSmall(commits: readonly Commit[]): boolean {
  const texts = commits.flatMap(({ files }) => [...files.values()]);
  const size = texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
  return texts.length <= MAX_OBJECTS && size <= MAX_BYTES;
}

/**
 * Makes a chain of a few small commits: the same objects, byte for byte, that fast-import makes. No ref points to them yet.
 * @returns null if git is to make them: they are many or large, the repository is an unusual one, or something is in the
 * way, which git names
 */
export async function packCommits(
  { commonDir, config }: Pick<Repository, 'commonDir' | 'config'>,
  reader: ObjectReader,
  commits: readonly Commit[],
  chain: Chain,
): Promise<Made | null> {
  // git gives the rights of others to what it writes there.
  const isShared = !PRIVATE.test(config.get('core.sharedrepository') ?? 'umask');
  const isOfSha1 = (config.get('extensions.objectformat') ?? 'sha1') === 'sha1';
  if (isShared || !isOfSha1 || !isSmall(commits)) return null;
  try {
    const objects = new PackedObjects(reader, join(commonDir, 'objects/pack'));
    const revisions = await makeCommits(objects, commits, chain);
    return { revisions, ...(objects.pack && { pack: objects.pack }) };
  } catch (error) {
    const isToldByGit = error instanceof EnvironmentError || error instanceof InvalidStateError;
    if (error instanceof LeftToGit || isToldByGit || isOfSystem(error)) return null;
    throw error;
  }
}
