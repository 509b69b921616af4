import type { Clock } from '../port/host.js';

/** Bound of the first wait, in ms. */
export const BACK_OFF_BASE_MS = 200;
const CAP_MS = 5_000;
/** How many pushes long a writer steps back, and the bounds of that time in ms: so that only a few race at a time. */
const PUSHES = 16;
const TURN_MIN_MS = 600;
const TURN_MAX_MS = 3_000;

/** Shortest and longest time until a refused operation is tried again by itself, in ms. */
const RETRY_MIN_MS = 60_000;
const RETRY_MAX_MS = 60 * 60_000;

type Random = Pick<Clock, 'random'>;

/**
 * Time to wait before the next try, in ms: random between zero and a bound that doubles with each try (full jitter), so
 * that machines that failed together do not retry together.
 * @param tries how many tries were made, at least one
 * @param base bound of the first wait, in ms
 */
export function backOffMs(clock: Random, tries: number, base = BACK_OFF_BASE_MS): number {
  const bound = Math.min(base * 2 ** Math.min(tries - 1, 10), Math.max(CAP_MS, base));
  return clock.random() * bound;
}

/**
 * Time to wait after a lost race on a branch that many write to, in ms: long enough that only a few writers race at a
 * time. It does not grow with the losses, or an unlucky writer would fall further and further behind.
 * @param pushMs duration of the push that lost, in ms
 */
export function standBackMs(clock: Random, pushMs: number): number {
  const bound = Math.min(Math.max(PUSHES * pushMs, TURN_MIN_MS), TURN_MAX_MS);
  return bound * (0.5 + clock.random() / 2);
}

/**
 * Time until a write retries an operation that was refused alone, in ms.
 * @param times how many times it was refused
 */
export function retryMs(times: number): number {
  return Math.min(RETRY_MIN_MS * 2 ** Math.min(times - 1, 10), RETRY_MAX_MS);
}

/** A try to move the branch that failed. */
export interface Tried {
  /** Number of tries so far. */
  readonly attempts: number;
  /** Duration of its push, in ms. */
  readonly pushMs: number;
  /** Whether many others are writing. */
  readonly isCrowded: boolean;
}

/** Time to wait before the next try, in ms. */
export function untilNextMs(clock: Random, { attempts, pushMs, isCrowded }: Tried): number {
  const base = Math.max(BACK_OFF_BASE_MS, pushMs);
  return isCrowded ? standBackMs(clock, pushMs) : backOffMs(clock, attempts, base);
}
