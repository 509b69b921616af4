import { pause } from '../pause.js';

/** Work takes at most one part in so many of the time. */
const SHARE = 4;

/**
 * Does work that is asked for all the time at most once in `leastMs`, and pauses longer after work that took long: it
 * does not fill a processor.
 */
export class Paced {
  readonly #work: () => Promise<void>;
  readonly #leastMs: number;
  readonly #now: () => number;
  readonly #signal: AbortSignal;
  readonly #onBug: (error: unknown) => void;
  #isWanted = false;
  #running: Promise<void> | null = null;

  constructor(
    work: () => Promise<void>,
    {
      leastMs,
      now,
      signal,
      onBug,
    }: {
      readonly leastMs: number;
      readonly now: () => number;
      readonly signal: AbortSignal;
      /** Called with what the work throws. */
      readonly onBug: (error: unknown) => void;
    },
  ) {
    this.#work = work;
    this.#leastMs = leastMs;
    this.#now = now;
    this.#signal = signal;
    this.#onBug = onBug;
  }

  /** Asks for the work: it begins after this call. */
  soon(): void {
    this.#isWanted = true;
    this.#running ??= this.#run().catch(this.#onBug);
  }

  /** Resolves when the work in progress has ended. */
  async end(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    await null;
    try {
      while (this.#isWanted && !this.#signal.aborted) {
        this.#isWanted = false;
        const began = this.#now();
        await this.#work();
        const took = Math.max(this.#now() - began, 0);
        await pause(Math.max(this.#leastMs, took * (SHARE - 1)), this.#signal);
      }
    } finally {
      this.#running = null;
    }
  }
}
