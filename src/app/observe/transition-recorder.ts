import type { SeenTransition } from '../../k0rdent/watch/watch.js';

/** Most transitions that are written as one operation. */
const MOST = 200;

/** Writes transitions one batch after the other: what comes while one is written is the next batch. */
export class TransitionRecorder {
  readonly #write: (batch: readonly SeenTransition[]) => Promise<void>;
  readonly #onError: () => void;
  readonly #waiting: SeenTransition[] = [];
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;

  /** @param onError told at once that a write has failed; `finish` throws why */
  constructor(write: (batch: readonly SeenTransition[]) => Promise<void>, onError: () => void) {
    this.#write = write;
    this.#onError = onError;
  }

  add(found: readonly SeenTransition[]): void {
    this.#waiting.push(...found);
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#running = this.#drain();
    this.#running.catch(this.#onError);
  }

  /** Ends when all is written. Throws what a write failed with; after it nothing more is written. */
  finish(): Promise<void> {
    return this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#write(this.#waiting.splice(0, MOST));
    this.#isRunning = false;
  }
}
