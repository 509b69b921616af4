import { EnvironmentError, InterruptedError } from '../errors.js';

/** Longest time that a call waits for its answer, in ms: shorter than clients wait. */
const CALL_MS = 55_000;
/** Longest time that a call waits for its turn, in ms. */
const WAIT_MS = 45_000;
/** Longest use of the network by one call, in ms, with the time that it waited for its turn. */
export const TALK_MS = 45_000;
/** Time for the network that a call has even if it waited long for its turn, in ms. */
const LEAST_TALK_MS = 5_000;
/** How many calls work at once; others wait for their turn. */
const AT_ONCE = 4;
/** How many calls may wait for their turn. */
const MAX_WAITING = 64;

export interface CallLimits {
  /** ms since the epoch */
  readonly now: () => number;
  readonly atOnce?: number;
  /** ms */
  readonly answerWithin?: number;
  /** ms */
  readonly startWithin?: number;
}

/** What a call that works is told. */
export interface Turn {
  /** Fires when nobody waits for the answer any more: the client has cancelled or has gone, or was told that it is late. */
  readonly signal: AbortSignal;
  /** How long the call may still use the network, in ms. */
  readonly leftMs: () => number;
}

export interface CallTerms {
  /** What the agent can do about a call that takes too long once it has started. */
  readonly ifLate: string;
  /** Fires when the client cancels the call, or has gone. */
  readonly cancelled?: AbortSignal | undefined;
}

/** A call that waits for its turn. */
interface Waiting {
  readonly start: () => void;
  readonly drop: (why: Error) => void;
}

/**
 * Runs the calls of a client: a few at once, each within a time limit. A call that is dropped while it waits for its turn
 * never starts.
 */
export class Calls {
  readonly #now: () => number;
  readonly #atOnce: number;
  readonly #answerWithin: number;
  readonly #startWithin: number;
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>();
  readonly #running = new Set<Promise<unknown>>();
  #working = 0;
  #hasStopped = false;

  constructor({ now, atOnce = AT_ONCE, answerWithin = CALL_MS, startWithin = WAIT_MS }: CallLimits) {
    this.#now = now;
    this.#atOnce = atOnce;
    this.#answerWithin = answerWithin;
    this.#startWithin = startWithin;
  }

  /**
   * Runs a call in its turn. Work that has started goes on after the call was told to be late or was cancelled, unless it
   * heeds its signal, and keeps its turn until it ends.
   * @throws EnvironmentError for a call that is late or was not started, with `started` in its data
   * @throws InterruptedError for a call that was cancelled
   * @throws what `work` throws
   */
  async run<T>(work: (turn: Turn) => Promise<T>, { ifLate, cancelled }: CallTerms): Promise<T> {
    const began = this.#now();
    const end = new AbortController();
    const { signal } = end;
    const timer = setTimeout(() => end.abort(tooLate(this.#answerWithin, ifLate)), this.#answerWithin);
    const cancel = () => end.abort(new InterruptedError('the client has cancelled the call'));
    cancelled?.addEventListener('abort', cancel, { once: true });
    if (cancelled?.aborted) cancel();
    const leftMs = () => Math.max(LEAST_TALK_MS, began + TALK_MS - this.#now());
    try {
      const turn = this.#turn(signal);
      if (turn !== null) await turn;
      return await Promise.race([this.#work(() => work({ signal, leftMs }), signal), aborted(signal)]);
    } finally {
      clearTimeout(timer);
      cancelled?.removeEventListener('abort', cancel);
    }
  }

  /** Starts no call any more, and drops those that wait for their turn. */
  stop(): void {
    this.#hasStopped = true;
    for (const waiting of this.#waiting) waiting.drop(notStarted('the server ends'));
  }

  /** Waits until no call works any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** Takes a turn, or waits for one; null if it is free at once. Throws EnvironmentError; the reason of the signal. */
  #turn(signal: AbortSignal): Promise<void> | null {
    signal.throwIfAborted();
    if (this.#hasStopped) throw notStarted('the server ends');
    if (this.#working < this.#atOnce) {
      this.#working += 1;
      return null;
    }
    if (this.#waiting.size >= MAX_WAITING)
      throw notStarted(`more than ${MAX_WAITING} calls wait for their answers`);
    return new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiting);
        clearTimeout(timer);
        signal.removeEventListener('abort', cancel);
      };
      const waiting: Waiting = {
        start: () => {
          leave();
          resolve();
        },
        drop: (why) => {
          leave();
          reject(why);
        },
      };
      const cancel = () => waiting.drop(signal.reason);
      const timer = setTimeout(
        () => waiting.drop(notStarted(`it waited ${this.#startWithin / 1000} s for other calls to end`)),
        this.#startWithin,
      );
      signal.addEventListener('abort', cancel, { once: true });
      this.#waiting.add(waiting);
    });
  }

  /** Works, and gives the turn to the next call that waits. */
  async #work<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    // Work that throws at once gives its turn back, too.
    const running = (async () => {
      signal.throwIfAborted();
      return work();
    })();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
      const [next] = this.#waiting;
      if (next) next.start();
      else this.#working -= 1;
    }
  }
}

/** Rejects with the reason of a signal when it fires. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function notStarted(why: string): EnvironmentError {
  return new EnvironmentError(`the call was not started: ${why}`, {
    suggestions: ['Nothing was read or written: call again when other calls have been answered'],
    data: { started: false },
  });
}

function tooLate(ms: number, ifLate: string): EnvironmentError {
  return new EnvironmentError(`there is no answer after ${ms / 1000} s`, {
    suggestions: [ifLate],
    data: { started: true },
  });
}
