import type { KgitError, RefusedError, RemoteError } from '../../errors.js';
import type { Holder, LeaseRecord } from '../../model/lease/lease.js';
import type { LockPlace } from '../../model/lease/lock-place.js';
import type { Actor } from '../../model/operation/operation.js';
import type { RefusedScope } from './state-store.js';

/** The current tip of a lock. */
export interface LockTip {
  /** Identifies this state of the lock; changes every time the lock moves. */
  readonly version: string;
  readonly record: LeaseRecord;
  /** Undefined if the lock is in the right place and nowhere else. */
  readonly stray?: LockStray;
}

/** What is wrong with a lock's location. A lease is valid wherever it is kept, until it ends. */
export interface LockStray {
  /** Where the tip is, as text for messages. */
  readonly place: string;
  /** Whether the repository keeps no locks there. No lock can be taken there. */
  readonly isMisplaced: boolean;
  /** What is in another place under the same name; null if nothing is. */
  readonly other: { readonly tip: LockTip; readonly place: string } | null;
}

/** Whether a remote can hold locks, as shown by taking one there. */
export interface PlaceProof {
  /** What the repository's settings must say from now on; null if they need not change. */
  readonly place: LockPlace | null;
  /** What the user should know. */
  readonly notes: readonly string[];
}

/** On whose behalf the proof is made. */
export interface PlaceProver {
  readonly author: Actor;
  readonly holder: Holder;
  /** ULID of the acquisition. */
  readonly lease: string;
  /** ms since the epoch */
  readonly now: () => number;
}

/** An entry among the locks that holds none (foreign data, a lock of a newer kgit), or a lease in the wrong place. */
export interface BrokenLock {
  /** What names the entry in the store, such as its key. Untrusted text. */
  readonly where: string;
  /** The name of the lock that it blocks; null if no lock can have this name. */
  readonly name: string | null;
  /** What is wrong, in one line. */
  readonly problem: string;
  /** How to fix it. */
  readonly suggestions: readonly string[];
}

/** All locks of a store. */
export interface LockTips {
  /** By name. */
  readonly tips: ReadonlyMap<string, LockTip>;
  readonly broken: readonly BrokenLock[];
  /** Where locks are kept, as text for messages. */
  readonly place: string;
}

/** Moves a lock from its known tip, by one or more records. */
export interface LockMove {
  readonly name: string;
  /** Null for a lock that does not exist yet. */
  readonly from: LockTip | null;
  /** At least one, in order; the last becomes the new tip. */
  readonly records: readonly LeaseRecord[];
  /** Author of the move. */
  readonly author: Actor;
}

/** How the move of a lock ended. Expected outcomes are values, not errors. */
export type LockOutcome =
  | { readonly kind: 'swapped'; readonly tip: LockTip }
  /** The lock is not at `from`: somebody else moved it. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'unreachable'; readonly error: RemoteError }
  | { readonly kind: 'denied'; readonly error: RemoteError }
  /** The store rejects moves of locks; with the scope `locks`, because it can move nothing atomically. */
  | { readonly kind: 'refused'; readonly error: RefusedError; readonly scope?: RefusedScope }
  /** The connection broke after the request was sent; it may have been carried out. */
  | { readonly kind: 'unknown'; readonly error: KgitError };

/**
 * Where locks are kept, beside the state. Each moves by CAS and is never deleted, so that its token only rises.
 * `test/support/lease-contract.ts` says what each method must do.
 */
export interface LeaseStore {
  /** Reads the tip of a lock from the shared place; null if it was never taken. Throws RemoteError, InvalidStateError. */
  read(name: string, timeoutMs: number): Promise<LockTip | null>;
  /** Lists all locks and broken entries; as last seen here if `timeoutMs` is null. Throws RemoteError. */
  list(timeoutMs: number | null): Promise<LockTips>;
  /** Moves a lock if it is still at `from`. A new lock is created in the place that the last read found. */
  move(move: LockMove, timeoutMs: number): Promise<LockOutcome>;
  /**
   * Finds out where locks can live by taking one of its own. Absent if the store has only one place. Throws
   * RemoteError.
   */
  provePlace?(prover: PlaceProver, timeoutMs: number): Promise<PlaceProof>;
}
