import { join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { cannotKeep } from '../../store/local/durable-files.js';
import type { Clock } from '../../store/port/host.js';
import type { FileSystem } from '../../store/port/means.js';
import type { Revision } from '../../store/port/state-store.js';
import { heldLock } from '../process/git.js';
import { syncFolder, textAt } from './files.js';

/** How long to wait for another git that changes the list, in ms. */
const PATIENCE_MS = 2_000;

/** git's list of commits whose parents are cut off. */
export class ShallowFile {
  readonly #fs: FileSystem;
  readonly #folder: string;

  readonly #clock: Clock;

  constructor(fs: FileSystem, commonDir: string, clock: Clock) {
    this.#fs = fs;
    this.#clock = clock;
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
    const path = join(this.#folder, 'shallow');
    const lock = `${path}.lock`;
    const handle = await this.#lock(lock);
    let isHeld = true;
    try {
      const cut = new Set([...(await this.read()), ...asked.shallow]);
      for (const oid of asked.unshallow) cut.delete(oid);
      await handle.writeFile([...cut].map((oid) => `${oid}\n`).join(''));
      await handle.sync();
      if (cut.size > 0) {
        await this.#fs.rename(lock, path);
        isHeld = false;
      } else {
        await this.#fs.unlink(path).catch((error: unknown) => {
          if (!hasCode(error, 'ENOENT')) throw error;
        });
      }
      await syncFolder(this.#fs, this.#folder);
    } catch (error) {
      throw cannotKeep(path, error);
    } finally {
      await handle.close();
      if (isHeld) await this.#fs.unlink(lock);
    }
  }

  /** Takes the lock of git itself; its holder reads the file and writes it whole. */
  async #lock(path: string): Promise<Awaited<ReturnType<FileSystem['open']>>> {
    for (const begun = this.#clock.now(); ; ) {
      try {
        return await this.#fs.open(path, 'wx', 0o644);
      } catch (error) {
        if (!hasCode(error, 'EEXIST')) throw cannotKeep(path, error);
        if (this.#clock.now() - begun > PATIENCE_MS)
          throw heldLock(`Unable to create '${path}': File exists`) ?? error;
        await this.#clock.sleep(5 + 20 * this.#clock.random());
      }
    }
  }
}
