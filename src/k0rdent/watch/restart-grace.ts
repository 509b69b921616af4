import { failedBecause } from '../kubectl/cluster-failure.js';

/** Time in ms during which a server that has just come back may wrongly refuse access. */
const GRACE_MS = 60_000;

/**
 * Decides whether to retry a query of a cluster that was queried before. An API server that has just started refuses
 * everybody (403, or 401 for some login methods) for a few seconds, until it has read roles and keys: right after
 * another failure, a refusal does not yet say anything about the user's rights.
 */
export class RestartGrace {
  #wasAway = false;
  /** Since when access has been refused, in ms since the epoch; null if it is not. */
  #refusedSince: number | null = null;

  /** Notes an answer: a refusal directly after it counts. */
  answered(): void {
    this.#wasAway = false;
    this.#refusedSince = null;
  }

  /**
   * Notes a failure, and returns whether it may be transient.
   * @param passes whether it is of a transient kind
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
