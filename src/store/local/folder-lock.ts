import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { ConflictError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { realpath } from '../../platform/small-files.js';
import type { Clock, Host } from '../port/host.js';
import { createWhole } from './durable-files.js';
import { ProcessLock } from './process-lock.js';

const WAIT_MS = 30_000;
const HELD = 'another script holds the lock of the state files for too long';

/** The real path of a folder; if it does not exist yet, the path that it will have. */
async function realFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    const above = dirname(folder);
    if (!hasCode(error, 'ENOENT', 'ENOTDIR') || above === folder) throw error;
    return join(await realFolder(above), basename(folder));
  }
}

/**
 * Lets one process at a time work on a folder outside of any repository, because scripts of two clones may write to the
 * same one. The lock files lie elsewhere, so that the folder holds only what the scripts put there.
 */
export class FolderLock {
  readonly #places: string;
  readonly #host: Host;
  readonly #clock: Clock;

  /** @param places the folder of the lock files: the same for all processes that may meet */
  constructor(places: string, host: Host, clock: Clock) {
    this.#places = places;
    this.#host = host;
    this.#clock = clock;
  }

  /**
   * Does `work` while no other process works on `folder` (absolute). Throws ConflictError after 30 s of waiting,
   * EnvironmentError, and what `work` throws.
   */
  async exclusively<T>(folder: string, work: () => Promise<T>): Promise<T> {
    const name = createHash('sha256')
      .update(await realFolder(folder))
      .digest('hex');
    const path = join(this.#places, `${name.slice(0, 32)}.lock`);
    const lock = new ProcessLock(path, this.#host, createWhole);
    // Counts its own pauses, because the clock may be set back.
    for (let wait = 1, waited = 0; !(await lock.tryAcquire()); wait = Math.min(wait * 1.5, 20)) {
      if (waited > WAIT_MS) throw new ConflictError(HELD);
      const pause = wait * (0.5 + this.#clock.random() / 2);
      await this.#clock.sleep(pause);
      waited += pause;
    }
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }
}
