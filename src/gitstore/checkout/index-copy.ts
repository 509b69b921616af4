import { randomBytes } from 'node:crypto';
import { constants, copyFile } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { readdir, rename, stat, utimes } from '../../platform/small-files.js';
import { cannotKeep, orIfGone, removeFile } from '../../store/local/durable-files.js';

const NAME = /^kgit-index-[0-9a-f]{12}(\.lock)?$/;

/** Tells the index of a checkout from each other one that was or will be in its place; '' if there is none. */
export async function indexIdentity(gitDir: string): Promise<string> {
  const stats = await orIfGone(stat(join(gitDir, 'index'), { bigint: true }), null);
  return stats === null ? '' : `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`;
}

/** Copies a file to a new name. Without `node:fs/promises`, which takes longer to load than an index to copy. */
function copyOnce(from: string, to: string): Promise<void> {
  return new Promise((resolve, reject) => {
    copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/**
 * A copy of a checkout's index for kgit's git commands, while the index itself stays as it is. It lies beside the
 * index, where git finds the other half of a split one.
 */
export class IndexCopy {
  readonly path: string;
  readonly #index: string;

  private constructor(gitDir: string, index = join(gitDir, 'index')) {
    this.#index = index;
    this.path = join(gitDir, `kgit-index-${randomBytes(6).toString('hex')}`);
  }

  /** The index of a checkout itself, for commands that only read it. */
  static source(gitDir: string): Pick<IndexCopy, 'path' | 'env'> {
    return { path: join(gitDir, 'index'), env: {} };
  }

  /** A new, empty index beside that of a checkout. */
  static none(gitDir: string): IndexCopy {
    return new IndexCopy(gitDir);
  }

  /**
   * Copies the index of a checkout. If there is none yet, the copy does not exist either, as git expects.
   * @param index the file to copy, if git uses another one at the moment
   */
  static async of(gitDir: string, index?: string): Promise<IndexCopy> {
    const copy = new IndexCopy(gitDir, index);
    try {
      const { mtimeMs } = await stat(copy.#index);
      await copyOnce(copy.#index, copy.path);
      // git reads files again that are not older than the index, so the copy must not look newer.
      const time = Math.floor(mtimeMs) / 1000;
      await utimes(copy.path, time, time);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return copy;
      await copy.discard();
      throw cannotKeep(copy.path, error);
    }
    return copy;
  }

  /** The environment of a git command that works on the copy. */
  get env(): Readonly<Record<string, string>> {
    return { GIT_INDEX_FILE: this.path };
  }

  /** Replaces the index with the copy, in one step. */
  async putInPlace(): Promise<void> {
    try {
      await rename(this.path, this.#index);
    } catch (error) {
      throw cannotKeep(this.#index, error);
    }
  }

  /** Removes the copy, unless it was put in place. */
  async discard(): Promise<void> {
    await removeFile(this.path);
  }

  /** Removes copies left behind by a kgit that died. */
  static async removeLeftBehind(gitDir: string): Promise<void> {
    for (const name of await readdir(gitDir)) if (NAME.test(name)) await removeFile(join(gitDir, name));
  }
}
