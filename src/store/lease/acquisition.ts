import type { KgitError } from '../../errors.js';
import type { Holder, LeaseRecord, PreviousHolder } from '../../model/lease/lease.js';
import type { Actor, Operation } from '../../model/operation/operation.js';
import type { Revision } from '../port/state-store.js';

/** Who takes a lock, or ends somebody's lease. */
export interface LeaseActor {
  readonly holder: Holder;
  readonly author: Actor;
  readonly reason?: string | undefined;
  /** Why the lock is written although something in it looks secret; recorded along with `reason`. */
  readonly allowSecret?: string | undefined;
  /** Makes the operation that records an ended lease. Throws SecretError. */
  readonly tell: (name: string, previous: PreviousHolder, reason: string | undefined) => Operation;
  /** Whether the lease stays if the branch does not accept that operation. */
  readonly mustTell: boolean;
}

/** A lease that somebody other than its holder ended, and where that is recorded. */
export interface EndedLease {
  readonly previous: PreviousHolder;
  readonly operation: Operation;
  /** The commit of the operation; null if only the lock's own chain records it, and then `unrecorded` says why. */
  readonly revision: Revision | null;
  readonly unrecorded: KgitError | null;
  /** Notes for the user, such as that a checkout was left behind. */
  readonly notes: readonly string[];
}

export interface Acquisition extends LeaseActor {
  readonly name: string;
  /** ULID of the acquisition. */
  readonly lease: string;
  /** ms */
  readonly ttl: number;
  /** Whether any process of this clone may write under it. */
  readonly isShared: boolean;
  /** How long to wait for a lock that is held, in ms. */
  readonly wait: number;
  /** Called once, when the lock is held by somebody and the wait begins. */
  readonly onWait: (record: LeaseRecord, freeAt: number) => void;
}

export interface Acquired {
  readonly record: LeaseRecord;
  /** The expired lease that was ended for it; null if the lock was free. */
  readonly broke: EndedLease | null;
}

export interface BrokenLease {
  /** The new record of the lock. */
  readonly record: LeaseRecord;
  readonly ended: EndedLease;
}
