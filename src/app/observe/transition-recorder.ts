import type { SeenTransition } from '../../k0rdent/watch/watch.js';

/** Maximum number of transitions written as one operation. */
const MOST = 200;

/** Writes transitions in batches, one at a time: those that arrive during a write form the next batch. */
export class TransitionRecorder {
  readonly #write: (batch: readonly SeenTransition[]) => Promise<void>;
  readonly #onError: () => void;
  readonly #waiting: SeenTransition[] = [];
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;

  /** @param onError called as soon as a write fails; `finish` throws the error */
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

  /** Resolves once everything is written. Throws the error of a failed write; nothing is written after that. */
  finish(): Promise<void> {
    return this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#write(this.#waiting.splice(0, MOST));
    this.#isRunning = false;
  }
}
