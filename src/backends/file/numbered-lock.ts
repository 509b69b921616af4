import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { isMap } from '../../model/value/value.js';
import { nameOnce, orIfGone, readNamed, removeNamed } from '../../store/local/durable-files.js';
import { type Clock, type Host, identityOf, isGone, type ProcessIdentity } from '../../store/port/host.js';

const FREE = 'free';

function parseHolder(text: string): ProcessIdentity | null {
  try {
    const json: unknown = JSON.parse(text);
    if (!isMap(json)) return null;
    const { hostname, bootId, pid, processStart } = json;
    const isTextOrNull = (value: unknown) => value === null || typeof value === 'string';
    if (typeof hostname !== 'string' || typeof pid !== 'number') return null;
    if (!isTextOrNull(bootId) || !isTextOrNull(processStart)) return null;
    return { hostname, pid, bootId: bootId as string | null, processStart: processStart as string | null };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * Lets one process of this machine at a time write to a folder, and outlives those that are killed. The holder is the
 * newest of numbered files, and each number is given once (`nameOnce`): nobody takes a lock away from its holder by
 * mistake, as may happen where the file of a dead holder is moved aside.
 */
export class NumberedLock {
  readonly #folder: string;
  readonly #host: Host;
  readonly #clock: Clock;

  constructor(folder: string, host: Host, clock: Clock) {
    this.#folder = folder;
    this.#host = host;
    this.#clock = clock;
  }

  /** Does `work` while no other process does; null if others held the lock all the time. */
  async exclusively<T>(timeoutMs: number, work: () => Promise<T>): Promise<{ done: T } | null> {
    const deadline = this.#clock.now() + timeoutMs;
    let number = await this.#tryAcquire();
    for (let wait = 1; number === null; wait = Math.min(wait * 1.5, 20)) {
      if (this.#clock.now() >= deadline) return null;
      await this.#clock.sleep(wait * (0.5 + this.#clock.random() / 2));
      number = await this.#tryAcquire();
    }
    try {
      return { done: await work() };
    } finally {
      await this.#give(number + 1, FREE);
      await this.#removeBelow(number + 1);
    }
  }

  /** The number under which this process holds the lock; null if another holds it. */
  async #tryAcquire(): Promise<number | null> {
    const newest = await this.#newest();
    if (newest > 0 && !(await this.#isFree(newest))) return null;
    const number = newest + 1;
    if (!(await this.#give(number, JSON.stringify(identityOf(this.#host.pid, this.#host))))) return null;
    // Where others took and released the lock since, this number may have been removed meanwhile: it holds nothing.
    if ((await this.#newest()) === number) return number;
    await removeNamed(join(this.#folder, String(number)));
    return null;
  }

  async #newest(): Promise<number> {
    const names = await orIfGone(readdir(this.#folder), []);
    return Math.max(0, ...names.filter((name) => /^\d+$/.test(name)).map(Number));
  }

  async #isFree(number: number): Promise<boolean> {
    const bytes = await readNamed(join(this.#folder, String(number)));
    // Removed since: there is a newer one.
    if (bytes === undefined || bytes === null) return false;
    const text = bytes.toString('utf8');
    if (text === FREE) return true;
    const holder = parseHolder(text);
    // A file that a power loss emptied is of an earlier boot.
    return holder === null || isGone(holder, this.#host);
  }

  /** Makes the file of a number; false if it is taken. */
  async #give(number: number, text: string): Promise<boolean> {
    await mkdir(this.#folder, { recursive: true });
    const temporary = join(this.#folder, `${this.#host.pid}-${randomBytes(6).toString('hex')}.tmp`);
    await writeFile(temporary, text);
    try {
      return await nameOnce(temporary, join(this.#folder, String(number)), async () => undefined);
    } catch (error) {
      // Another process removed it with all that is older than the number it holds.
      if (hasCode(error, 'ENOENT')) return false;
      throw error;
    }
  }

  /** Removes older numbers, and what killed processes left. */
  async #removeBelow(number: number): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      const [, given, rest, pid] = /^(?:(\d+)(\..*)?|(\d+)-[0-9a-f]+\.tmp)$/.exec(name) ?? [];
      if (pid !== undefined) {
        if (Number(pid) !== this.#host.pid && !this.#host.isAlive(Number(pid))) await removeNamed(path);
      } else if (given !== undefined && Number(given) < number) {
        // Without hard links, a killed process may leave a folder that was to get a number, or one that was to go.
        if (rest !== undefined) await rm(path, { recursive: true, force: true });
        else await removeNamed(path);
      }
    }
  }
}
