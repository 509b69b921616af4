import { failedBecause } from '../kubectl/cluster-failure.js';

/** For so long after it is back, a server may refuse those whom it will let in. */
const GRACE_MS = 60_000;

/**
 * Tells whether asking again may help a cluster that was asked before. An API server that has just started refuses
 * everybody (403, of some ways to log in 401) until it has read roles and keys, which takes seconds: right after another
 * failure a refusal says nothing yet about your rights.
 */
export class RestartGrace {
  #wasAway = false;
  /** Since when access is refused, ms since the epoch; null: it is not. */
  #refusedSince: number | null = null;

  /** Notes an answer: a refusal that comes after it is meant. */
  answered(): void {
    this.#wasAway = false;
    this.#refusedSince = null;
  }

  /**
   * Notes a failure, and gives whether it may pass.
   * @param passes whether it is of a kind that passes
   * @param now ms since the epoch
   */
  mayPass(error: unknown, passes: boolean, now: number): boolean {
    if (passes) {
      this.#wasAway = true;
      this.#refusedSince = null;
      return true;
    }
    if (!this.#wasAway || !failedBecause(error, 'forbidden', 'unauthorized')) return false;
    this.#refusedSince ??= now;
    return now - this.#refusedSince < GRACE_MS;
  }
}
