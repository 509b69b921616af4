import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, readdir, rename, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { cannotKeep, removeFile } from '../../store/local/durable-files.js';

const NAME = /^kgit-index-[0-9a-f]{12}(\.lock)?$/;

/**
 * A copy of a checkout's index that git commands of kgit's work on while the index itself stays as it is. It lies beside
 * the index, where git finds the other half of a split one.
 */
export class IndexCopy {
  readonly path: string;
  readonly #index: string;

  private constructor(gitDir: string) {
    this.#index = join(gitDir, 'index');
    this.path = join(gitDir, `kgit-index-${randomBytes(6).toString('hex')}`);
  }

  /** An index beside that of a checkout that holds nothing yet. */
  static none(gitDir: string): IndexCopy {
    return new IndexCopy(gitDir);
  }

  /** Copies the index of a checkout; where there is none yet, there is no copy either, as git has it. */
  static async of(gitDir: string): Promise<IndexCopy> {
    const copy = new IndexCopy(gitDir);
    try {
      const { mtimeMs } = await stat(copy.#index);
      await copyFile(copy.#index, copy.path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      // git looks into files that are not older than the index. It must not take the copy for a newer one.
      const time = Math.floor(mtimeMs) / 1000;
      await utimes(copy.path, time, time);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return copy;
      await copy.discard();
      throw cannotKeep(copy.path, error);
    }
    return copy;
  }

  /** The environment of a git command that is to work on the copy. */
  get env(): Readonly<Record<string, string>> {
    return { GIT_INDEX_FILE: this.path };
  }

  /** Lets the copy be the index, in one step. */
  async putInPlace(): Promise<void> {
    try {
      await rename(this.path, this.#index);
    } catch (error) {
      throw cannotKeep(this.#index, error);
    }
  }

  /** Removes the copy, where it was not put in place. */
  async discard(): Promise<void> {
    await removeFile(this.path);
  }

  /** Removes copies that a kgit left which died. */
  static async removeLeftBehind(gitDir: string): Promise<void> {
    for (const name of await readdir(gitDir)) if (NAME.test(name)) await removeFile(join(gitDir, name));
  }
}
