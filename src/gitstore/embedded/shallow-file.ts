import { join } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { cannotKeep } from '../../store/local/durable-files.js';
import type { FileSystem } from '../../store/port/means.js';
import type { Revision } from '../../store/port/state-store.js';
import { removeAt, syncFolder, textAt } from './files.js';
import type { LockFiles, LockPlace } from './lock-files.js';

/** git's list of commits whose parents are cut off. */
export class ShallowFile {
  readonly #fs: FileSystem;
  readonly #folder: string;
  readonly #locks: LockFiles;

  constructor({ fs, commonDir }: Pick<LockPlace, 'fs' | 'commonDir'>, locks: LockFiles) {
    this.#fs = fs;
    this.#folder = commonDir;
    this.#locks = locks;
  }

  async read(): Promise<ReadonlySet<Revision>> {
    const text = (await textAt(this.#fs, join(this.#folder, 'shallow'))) ?? '';
    return new Set(text.split('\n').filter((line) => /^[0-9a-f]{40}$/.test(line)));
  }

  /** Adds commits, and takes others out. Throws EnvironmentError. */
  async change(asked: {
    readonly shallow: readonly Revision[];
    readonly unshallow: readonly Revision[];
  }): Promise<void> {
    if (asked.shallow.length === 0 && asked.unshallow.length === 0) return;
    const path = join(this.#folder, 'shallow');
    const held = await this.#locks.take([{ name: 'shallow', text: '' }]);
    try {
      const cut = new Set([...(await this.read()), ...asked.shallow]);
      for (const oid of asked.unshallow) cut.delete(oid);
      if (cut.size === 0) await removeAt(this.#fs, path);
      else {
        await held.write('shallow', [...cut].map((oid) => `${oid}\n`).join(''));
        await held.put('shallow');
      }
      await syncFolder(this.#fs, this.#folder);
    } catch (error) {
      throw error instanceof EnvironmentError ? error : cannotKeep(path, error);
    } finally {
      await held.release();
    }
  }
}
