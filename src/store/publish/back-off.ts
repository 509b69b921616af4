import type { Clock } from '../port/host.js';

/** Bound of the first wait, in ms. */
export const BACK_OFF_BASE_MS = 200;
const CAP_MS = 5_000;
/** How many pushes' time is left to others, and its bounds in ms: so that of many a few race at a time. */
const PUSHES = 16;
const TURN_MIN_MS = 600;
const TURN_MAX_MS = 3_000;

/** Shortest and longest time until a refused operation is tried again by itself, in ms. */
const RETRY_MIN_MS = 60_000;
const RETRY_MAX_MS = 60 * 60_000;

type Random = Pick<Clock, 'random'>;

/**
 * How long to wait before another try, in ms: drawn anew from zero up to a bound that doubles with each try (full
 * jitter), so that machines on one timer come apart.
 * @param tries how many were made, one or more
 * @param base bound of the first wait, in ms
 */
export function backOffMs(clock: Random, tries: number, base = BACK_OFF_BASE_MS): number {
  const bound = Math.min(base * 2 ** Math.min(tries - 1, 10), Math.max(CAP_MS, base));
  return clock.random() * bound;
}

/**
 * How long who lost a race stays away where many write all the time, in ms: long enough that a few at a time race, and
 * no longer for one who lost more often, who would fall ever further behind.
 * @param pushMs how long the push took that lost
 */
export function standBackMs(clock: Random, pushMs: number): number {
  const bound = Math.min(Math.max(PUSHES * pushMs, TURN_MIN_MS), TURN_MAX_MS);
  return bound * (0.5 + clock.random() / 2);
}

/**
 * How long an operation that was refused alone waits until a write tries it again, in ms.
 * @param times how often it was refused
 */
export function retryMs(times: number): number {
  return Math.min(RETRY_MIN_MS * 2 ** Math.min(times - 1, 10), RETRY_MAX_MS);
}

/** A try at the branch that did not come through. */
export interface Tried {
  /** Which try it was. */
  readonly attempts: number;
  /** How long its push took, in ms. */
  readonly pushMs: number;
  /** Whether many others write all the time. */
  readonly isCrowded: boolean;
}

/** How long to wait before the next try, in ms. */
export function untilNextMs(clock: Random, { attempts, pushMs, isCrowded }: Tried): number {
  const base = Math.max(BACK_OFF_BASE_MS, pushMs);
  return isCrowded ? standBackMs(clock, pushMs) : backOffMs(clock, attempts, base);
}
