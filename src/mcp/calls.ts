import { EnvironmentError } from '../errors.js';

/** Longest time that a call waits for its answer, in ms: shorter than clients wait. */
const CALL_MS = 55_000;
/** How many calls work at once; others wait for their turn. */
const AT_ONCE = 4;
/** How many calls may wait for their turn. */
const MAX_WAITING = 64;

export interface CallLimits {
  readonly atOnce?: number;
  readonly ms?: number;
}

/** Runs the calls of a client: a few at once, each within a time limit. */
export class Calls {
  readonly #atOnce: number;
  readonly #ms: number;
  readonly #turns: (() => void)[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #working = 0;

  constructor({ atOnce = AT_ONCE, ms = CALL_MS }: CallLimits = {}) {
    this.#atOnce = atOnce;
    this.#ms = ms;
  }

  /** Runs a call in its turn. Throws EnvironmentError for too many calls and for one that takes too long; what `work` throws. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#turns.length >= MAX_WAITING)
      throw new EnvironmentError(`more than ${MAX_WAITING} calls wait for their answers`, {
        suggestions: ['Call again when the others have been answered'],
      });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(tooLate(this.#ms)), this.#ms);
    });
    try {
      return await Promise.race([this.#inTurn(work), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until no call works any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** A call that is told to be late keeps its turn until its work has ended. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#working >= this.#atOnce) await new Promise<void>((go) => this.#turns.push(go));
    else this.#working += 1;
    // Work that throws at once gives its turn back, too.
    const running = (async () => work())();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
      // The turn goes to the next one that waits.
      const next = this.#turns.shift();
      if (next) next();
      else this.#working -= 1;
    }
  }
}

function tooLate(ms: number): EnvironmentError {
  return new EnvironmentError(`there is no answer after ${ms / 1000} s`, {
    suggestions: [
      'Ask for less: a shorter time, a smaller limit, one subject',
      'Of a write, read the log before you repeat it: it may have been published all the same',
    ],
  });
}
