import type { LeaseClaim, LeaseRecord } from '../model/lease/lease.js';

/** What a lease of a program is made of. */
interface LeaseParts {
  readonly record: LeaseRecord;
  readonly broke: EndedLock | null;
  /** Aborted when the lease is lost. */
  readonly signal: AbortSignal;
  /** Ends the renewals and gives the lease back. */
  readonly release: () => Promise<void>;
}

/** A lease that somebody else than its holder has ended. */
export interface EndedLock {
  readonly name: string;
  readonly token: number;
  readonly holder: string;
  readonly host: string;
  readonly expiresAt: Date;
  /** The event of `lock/<name>` that tells of it, and its commit; null where the branch takes no commits. */
  readonly event: string | null;
  readonly revision: string | null;
}

/** A lock that is held by this program: renewed at a third of its time to live until it is released or lost. */
export class Lease {
  readonly name: string;
  /** The fencing token: higher than that of every holder before. */
  readonly token: number;
  readonly acquiredAt: Date;
  /** Whose expired lease was ended for it. */
  readonly broke: EndedLock | null;
  /** Aborted when the lease is lost; its reason is the FencedError that writes under it get from then on. */
  readonly signal: AbortSignal;
  readonly #release: () => Promise<void>;
  #released: Promise<void> | null = null;

  /** @internal */
  constructor({ record, broke, signal, release }: LeaseParts) {
    this.name = record.name;
    this.token = record.token;
    this.acquiredAt = new Date(record.acquiredAt);
    this.broke = broke;
    this.signal = signal;
    this.#release = release;
  }

  /** Gives the lock back, once. Throws FencedError where the lease was lost, RemoteError. */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }
}

/**
 * A lease with what a write under it claims.
 * @internal
 */
export interface ClaimedLease {
  readonly claim: LeaseClaim;
  /** Renews no more; the lease expires by itself. */
  readonly stop: () => Promise<void>;
}
