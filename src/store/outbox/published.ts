import { join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { readdir, rename, stat } from '../../platform/small-files.js';
import { cannotKeep, orIfGone, privateFolder, removeFile } from '../local/durable-files.js';

/** How many operations are kept at most; the oldest go first. */
const MAX_KEPT = 1_000;
/** On average one in this many runs prunes. */
const PRUNE_EVERY = 32;
const MAX_BYTES = 32 * 1024 * 1024;
/** Time of publishing (ms since the epoch), name in the outbox, size in bytes. */
const NAME = /^(\d{13})-(\d{12}-[0-9A-Z]{26})-(\d+)$/;
const TIME_DIGITS = 13;

/** The file of a published operation. */
export interface PublishedFile {
  readonly path: string;
  /** Its name in the outbox. */
  readonly name: string;
}

interface Kept extends PublishedFile {
  /** ms since the epoch. */
  readonly at: number;
  readonly bytes: number;
}

/**
 * The operations that this clone published last, each in its file of the outbox, in case the server loses them. The name
 * has time and size, so that pruning opens no file.
 */
export class Published {
  readonly #folder: string;
  #now: () => number = () => 0;
  /** Null: nothing is added or removed. */
  #keepMs: number | null = null;

  /** @param folder where they lie */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param keepMs how long an operation is kept (`publish.keep`); 0 keeps nothing */
  configure(now: () => number, keepMs: number): void {
    this.#now = now;
    this.#keepMs = keepMs;
  }

  /** Moves the file of an entry here, if it still exists. Throws EnvironmentError. */
  async keep(path: string, name: string): Promise<void> {
    if (!this.#keepMs) return removeFile(path);
    const found = await orIfGone(stat(path), null);
    if (found === null) return;
    const time = String(this.#now()).padStart(TIME_DIGITS, '0');
    const kept = join(this.#folder, `${time}-${name}-${found.size}`);
    try {
      await rename(path, kept).catch(async (error: unknown) => {
        if (!hasCode(error, 'ENOENT')) throw error;
        await privateFolder(this.#folder);
        await orIfGone(rename(path, kept), undefined);
      });
    } catch (error) {
      throw cannotKeep(kept, error);
    }
  }

  /** All that is kept, in the order of publishing. */
  async list(): Promise<readonly PublishedFile[]> {
    return this.#list();
  }

  async #list(): Promise<Kept[]> {
    const names = await orIfGone(readdir(this.#folder), []);
    return names.sort().flatMap((file) => {
      const [, at, name = '', bytes] = NAME.exec(file) ?? [];
      return at ? [{ path: join(this.#folder, file), name, at: Number(at), bytes: Number(bytes) }] : [];
    });
  }

  /** Prunes about every 32nd time: listing the folder takes longer than the rest of finishing a write. */
  async pruneAtTimes(now: number): Promise<void> {
    if (!this.#keepMs || now % PRUNE_EVERY === 0) await this.prune();
  }

  /** Removes operations that are too old, and the oldest if there are too many. Throws EnvironmentError. */
  async prune(): Promise<void> {
    if (this.#keepMs === null) return;
    let [count, bytes] = [0, 0];
    for (const kept of (await this.#list()).reverse()) {
      count += 1;
      bytes += kept.bytes;
      const isOld = this.#now() - kept.at >= this.#keepMs;
      if (isOld || count > MAX_KEPT || bytes > MAX_BYTES) await removeFile(kept.path);
    }
  }
}
