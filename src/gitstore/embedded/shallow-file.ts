import { join } from 'node:path';
import { cannotKeep } from '../../store/local/durable-files.js';
import type { FileSystem } from '../../store/port/means.js';
import type { Revision } from '../../store/port/state-store.js';
import { syncFolder, textAt, writeNew } from './files.js';

/** git's list of commits whose parents are cut off. */
export class ShallowFile {
  readonly #fs: FileSystem;
  readonly #folder: string;

  constructor(fs: FileSystem, commonDir: string) {
    this.#fs = fs;
    this.#folder = commonDir;
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
    const cut = new Set([...(await this.read()), ...asked.shallow]);
    for (const oid of asked.unshallow) cut.delete(oid);
    const path = join(this.#folder, 'shallow');
    try {
      // The lock of git itself; its holder writes the whole file.
      await writeNew(this.#fs, `${path}.lock`, [...cut].map((oid) => `${oid}\n`).join(''));
      if (cut.size > 0) await this.#fs.rename(`${path}.lock`, path);
      else {
        await this.#fs.unlink(path).catch(() => undefined);
        await this.#fs.unlink(`${path}.lock`);
      }
      await syncFolder(this.#fs, this.#folder);
    } catch (error) {
      throw cannotKeep(path, error);
    }
  }
}
