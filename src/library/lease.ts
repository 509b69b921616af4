import type { LeaseClaim, LeaseRecord } from '../model/lease/lease.js';

/** The parts of a lease that a program holds. */
interface LeaseParts {
  readonly record: LeaseRecord;
  readonly broke: EndedLock | null;
  /** Aborted when the lease is lost. */
  readonly signal: AbortSignal;
  /** Stops renewing, and releases the lease. */
  readonly release: () => Promise<void>;
}

/** A lease that was ended by somebody other than its holder. */
export interface EndedLock {
  readonly name: string;
  readonly token: number;
  readonly holder: string;
  readonly host: string;
  readonly expiresAt: Date;
  /** The event of `lock/<name>` that records it, and its commit; null if the branch accepts no commits. */
  readonly event: string | null;
  readonly revision: string | null;
}

/** A lock that this program holds. It is renewed every third of its time to live until it is released or lost. */
export class Lease {
  readonly name: string;
  /** The fencing token: higher than that of every earlier holder. */
  readonly token: number;
  readonly acquiredAt: Date;
  /** The expired lease that was ended to take this one; null if there was none. */
  readonly broke: EndedLock | null;
  /** Aborted when the lease is lost; its reason is the FencedError that writes under it throw from then on. */
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

  /** Releases the lock. Calling it again does nothing. Throws FencedError if the lease was lost, RemoteError. */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }
}

/**
 * A held lease, with the claim that writes under it make.
 * @internal
 */
export interface ClaimedLease {
  readonly claim: LeaseClaim;
  /** Stops renewing; the lease then expires by itself. */
  readonly stop: () => Promise<void>;
}
