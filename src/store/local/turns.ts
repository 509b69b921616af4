import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock, Host } from '../port/host.js';
import { createWhole } from './durable-files.js';
import { orWithout } from './or-without.js';
import { ProcessLock } from './process-lock.js';
import { type IsOwn, PushLineFile, SHARED_MS } from './push-line.js';

/** Pauses between two looks whether the turn is free, in ms. */
const PAUSE_MIN_MS = 5;
const PAUSE_MAX_MS = 25;
/** How long a turn is waited for at most, in ms: its holder may talk to a server that does not answer. */
const WAIT_MS = SHARED_MS;

/** A turn that this process has, or went on without. */
export interface Turn {
  /** Whether others had it first. */
  readonly isWaitedFor: boolean;
  /** Whether this process has it: no other one pushes now, unless it goes on without a turn. */
  readonly isHeld: boolean;
  /** Gives it back. If the file system refuses that, the end of this process does. */
  readonly end: () => Promise<void>;
}

const WITHOUT: Turn = { isWaitedFor: false, isHeld: false, end: async () => undefined };

/**
 * Turns of the clones that a user has on this machine: while several of them write to one branch, only the one whose turn it
 * is pushes, since the others would lose the race. It saves work; that no write is lost rests on compare-and-swap, never on
 * this.
 */
export class Turns {
  readonly #folder: () => string;
  readonly #host: Host;
  readonly #clock: Clock;
  readonly #isOwn: IsOwn;

  /** @param folder returns the folder of the lock files: the same for all clones of the user. Throws EnvironmentError */
  constructor(folder: () => string, host: Host, clock: Clock, isOwn: IsOwn) {
    this.#folder = folder;
    this.#host = host;
    this.#clock = clock;
    this.#isOwn = isOwn;
  }

  /**
   * Waits for the turn to write to a branch. Goes on without one after 15 s, at the deadline, and where no lock file can be
   * made.
   * @param target the branch, as the store names it
   * @param deadline ms since the epoch
   * @param look called while others have the turn: returns whether there is nothing to wait for any more
   */
  async take(target: string, deadline: number, look?: () => Promise<boolean>): Promise<Turn> {
    // Without a place for the lock file the clones race, as those of several machines do.
    return orWithout(this.#take(target, deadline, look), WITHOUT);
  }

  /** The record of what the clones of one group push for each other. Null where there is no place for it. */
  record(target: string, group: string): Promise<PushLineFile | null> {
    const made = async () => {
      const path = join(this.#folder(), `${this.#nameOf(target, group)}.json`);
      return new PushLineFile(path, this.#host, this.#clock, this.#isOwn);
    };
    return orWithout(made(), null);
  }

  /** Whether a clone of the user on this machine has the turn to write to a branch. */
  isTaken(target: string): Promise<boolean> {
    const held = async () => this.#lock(target).isHeld();
    return orWithout(held(), false);
  }

  /**
   * The name of the files for what `parts` name. Each machine has its own: several may share a home or a cache, and whether a
   * process of another machine has ended cannot be told.
   */
  #nameOf(...parts: readonly string[]): string {
    const text = [this.#host.hostname, ...parts].join('\0');
    return createHash('sha256').update(text).digest('hex').slice(0, 32);
  }

  #lock(target: string): ProcessLock {
    return new ProcessLock(join(this.#folder(), `${this.#nameOf(target)}.lock`), this.#host, createWhole);
  }

  async #take(target: string, deadline: number, look?: () => Promise<boolean>): Promise<Turn> {
    const lock = this.#lock(target);
    // Counts its own pauses, because the clock may be set back.
    let waited = 0;
    for (let pause = PAUSE_MIN_MS; !(await lock.tryAcquire()); pause = Math.min(pause * 1.5, PAUSE_MAX_MS)) {
      const isOver = (await look?.()) || waited >= WAIT_MS || this.#clock.now() >= deadline;
      if (isOver) return { ...WITHOUT, isWaitedFor: true };
      const next = pause * (0.5 + this.#clock.random() / 2);
      await this.#clock.sleep(next);
      waited += next;
    }
    return { isWaitedFor: waited > 0, isHeld: true, end: () => orWithout(lock.release(), undefined) };
  }
}
