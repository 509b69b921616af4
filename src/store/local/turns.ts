import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { isOfSystem } from '../../model/value/error-codes.js';
import type { Clock, Host } from '../port/host.js';
import { createWhole } from './durable-files.js';
import { ProcessLock } from './process-lock.js';

/** Pauses between two looks whether the turn is free, in ms. */
const PAUSE_MIN_MS = 5;
const PAUSE_MAX_MS = 25;
/** How long a turn is waited for at most, in ms: its holder may talk to a server that does not answer. */
const WAIT_MS = 15_000;

/** A turn that this process has, or went on without. */
export interface Turn {
  /** Whether others had it first. */
  readonly isWaitedFor: boolean;
  /** Gives it back. If the file system refuses that, the end of this process does. */
  readonly end: () => Promise<void>;
}

const WITHOUT: Turn = { isWaitedFor: false, end: async () => undefined };

/** What `asked` gives, or `otherwise` where the file system refuses it, or there is no place for files. */
async function orWithout<T>(asked: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof EnvironmentError || isOfSystem(error)) return otherwise;
    throw error;
  }
}

/**
 * Turns of the clones that a user has on this machine: while several of them write to one branch, only the one whose turn it
 * is pushes, since the others would lose the race. It saves work; that no write is lost rests on compare-and-swap, never on
 * this.
 */
export class Turns {
  readonly #folder: () => string;
  readonly #host: Host;
  readonly #clock: Clock;

  /** @param folder returns the folder of the lock files: the same for all clones of the user. Throws EnvironmentError */
  constructor(folder: () => string, host: Host, clock: Clock) {
    this.#folder = folder;
    this.#host = host;
    this.#clock = clock;
  }

  /**
   * Waits for the turn to write to a branch. Goes on without one after 15 s, at the deadline, and where no lock file can be
   * made.
   * @param target the branch, as the store names it
   * @param deadline ms since the epoch
   */
  async take(target: string, deadline: number): Promise<Turn> {
    // Without a place for the lock file the clones race, as those of several machines do.
    return orWithout(this.#take(target, deadline), WITHOUT);
  }

  async #take(target: string, deadline: number): Promise<Turn> {
    const name = createHash('sha256').update(target).digest('hex').slice(0, 32);
    const lock = new ProcessLock(join(this.#folder(), `${name}.lock`), this.#host, createWhole);
    // Counts its own pauses, because the clock may be set back.
    let waited = 0;
    for (let pause = PAUSE_MIN_MS; !(await lock.tryAcquire()); pause = Math.min(pause * 1.5, PAUSE_MAX_MS)) {
      if (waited >= WAIT_MS || this.#clock.now() >= deadline) return { ...WITHOUT, isWaitedFor: true };
      const next = pause * (0.5 + this.#clock.random() / 2);
      await this.#clock.sleep(next);
      waited += next;
    }
    return { isWaitedFor: waited > 0, end: () => orWithout(lock.release(), undefined) };
  }
}
