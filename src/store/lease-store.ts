import type { KgitError, RefusedError, RemoteError } from '../errors.js';
import type { LeaseRecord } from '../model/lease.js';
import type { Actor } from '../model/operation.js';

/** The newest commit of a lock's chain. */
export interface LockTip {
  /** Names the commit; another one every time the lock moves. */
  readonly version: string;
  readonly record: LeaseRecord;
}

/** A move of a lock from the tip that is known to new commits behind it. */
export interface LockMove {
  readonly name: string;
  /** Null for a lock that is not there yet. */
  readonly from: LockTip | null;
  /** At least one, in their order; the last is the new tip. */
  readonly records: readonly LeaseRecord[];
  /** Author of the commits. */
  readonly author: Actor;
}

/** How the move of a lock ended. Expected ends are values. */
export type LockOutcome =
  | { readonly kind: 'swapped'; readonly tip: LockTip }
  /** The lock is not where the move begins: somebody else moved it. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'unreachable'; readonly error: RemoteError }
  | { readonly kind: 'denied'; readonly error: RemoteError }
  /** The remote lets no lock be moved, or cannot move several refs at once. */
  | { readonly kind: 'refused'; readonly error: RefusedError }
  /** The connection broke after the request was sent: it may have been carried out. */
  | { readonly kind: 'unknown'; readonly error: KgitError };

/**
 * Where locks are kept: beside the branch, each a chain of commits that moves by compare-and-swap and is never
 * deleted. `test/support/lease-contract.ts` says what each method must do.
 */
export interface LeaseStore {
  /** The tip of a lock as the remote has it now; null where it was never taken. Throws RemoteError, InvalidStateError. */
  read(name: string, timeoutMs: number): Promise<LockTip | null>;
  /** The tips of all locks by name; as last seen here where `timeoutMs` is null. Throws RemoteError. */
  list(timeoutMs: number | null): Promise<ReadonlyMap<string, LockTip>>;
  /** Moves a lock, if it still is where the move begins. */
  move(move: LockMove, timeoutMs: number): Promise<LockOutcome>;
}
