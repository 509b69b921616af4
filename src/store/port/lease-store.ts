import type { KgitError, RefusedError, RemoteError } from '../../errors.js';
import type { Holder, LeaseRecord, Stamp } from '../../model/lease/lease.js';
import type { LockPlace } from '../../model/lease/lock-place.js';
import type { Actor } from '../../model/operation/operation.js';

/** Where a lock is now. */
export interface LockTip {
  /** Names this state of the lock: another one every time it moves. */
  readonly version: string;
  readonly record: LeaseRecord;
  /** Undefined where the lock lies in its place, and nowhere else. */
  readonly stray?: LockStray;
}

/** What is wrong with where a lock lies. A lease holds wherever it lies, until it ends. */
export interface LockStray {
  /** Where the tip lies, for people. */
  readonly place: string;
  /** Whether that is where the repository keeps no locks. None is taken there. */
  readonly isMisplaced: boolean;
  /** What lies in another place under the same name; null where nothing does. */
  readonly other: { readonly tip: LockTip; readonly place: string } | null;
}

/** Whether locks can live at a remote, as was proved with one. */
export interface PlaceProof {
  /** What the repository's settings must say from now on; null where they need not change. */
  readonly place: LockPlace | null;
  /** What the user should know. */
  readonly notes: readonly string[];
}

/** Who proves it. */
export interface PlaceProver {
  readonly author: Actor;
  readonly holder: Holder;
  /** ULID of the acquisition. */
  readonly lease: string;
  readonly stamp: () => Stamp;
}

/**
 * A ref where a lock should be that holds none: a tag, a blob, a commit of somebody else's, a newer kgit's lock; or one
 * that holds a lease where the repository keeps no locks.
 */
export interface BrokenLock {
  /** The ref, or what else names it at the remote. Hostile text. */
  readonly ref: string;
  /** The name of the lock that it stands in the way of; null where no lock can have this name. */
  readonly name: string | null;
  /** What is wrong, in one line. */
  readonly problem: string;
  /** What to do about it. */
  readonly suggestions: readonly string[];
}

/** All locks of a store. */
export interface LockTips {
  /** By name. */
  readonly tips: ReadonlyMap<string, LockTip>;
  readonly broken: readonly BrokenLock[];
  /** Where locks lie, for people. */
  readonly place: string;
}

/** A move of a lock from where it is known to be, by one record or more. */
export interface LockMove {
  readonly name: string;
  /** Null for a lock that is not there yet. */
  readonly from: LockTip | null;
  /** At least one, in their order; the last is the new tip. */
  readonly records: readonly LeaseRecord[];
  /** Who moves it. */
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
 * Where locks are kept, beside the state: each moves by compare-and-swap and is never deleted, so that its token only
 * rises. `test/support/lease-contract.ts` says what each method must do.
 */
export interface LeaseStore {
  /** The tip of a lock as the remote has it now; null where it was never taken. Throws RemoteError, InvalidStateError. */
  read(name: string, timeoutMs: number): Promise<LockTip | null>;
  /** All locks, and what is none in their place; as last seen here where `timeoutMs` is null. Throws RemoteError. */
  list(timeoutMs: number | null): Promise<LockTips>;
  /** Moves a lock, if it still is where the move begins. A new lock is made where the last look said that locks lie. */
  move(move: LockMove, timeoutMs: number): Promise<LockOutcome>;
  /** Proves with a lock of its own where locks can live; left out where a store has one place. Throws RemoteError. */
  provePlace?(prover: PlaceProver, timeoutMs: number): Promise<PlaceProof>;
}
