import type { KgitError } from '../../errors.js';
import type { Holder, LeaseRecord, PreviousHolder } from '../../model/lease/lease.js';
import type { Actor, Operation } from '../../model/operation/operation.js';
import type { Revision } from '../port/state-store.js';

/** Who takes a lock, or ends somebody's lease. */
export interface LeaseActor {
  readonly holder: Holder;
  readonly author: Actor;
  readonly reason?: string | undefined;
  /** Why what looks secret in the lock is written all the same; recorded with its reason. */
  readonly allowSecret?: string | undefined;
  /** Makes the operation that tells of a lease that was ended. Throws SecretError. */
  readonly tell: (name: string, previous: PreviousHolder, reason: string | undefined) => Operation;
  /** Whether no lease is ended where the branch does not take that operation. */
  readonly mustTell: boolean;
}

/** A lease that was ended by somebody else than its holder, and where that is told. */
export interface EndedLease {
  readonly previous: PreviousHolder;
  readonly operation: Operation;
  /** The commit of the operation; null where the lock's own chain alone tells of it, and `unrecorded` why. */
  readonly revision: Revision | null;
  readonly unrecorded: KgitError | null;
  /** What the user should know, such as a checkout left behind. */
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
  /** Told once that somebody has it and that it is waited for. */
  readonly onWait: (record: LeaseRecord, freeAt: number) => void;
}

export interface Acquired {
  readonly record: LeaseRecord;
  /** Whose expired lease was ended for it; null where the lock was free. */
  readonly broke: EndedLease | null;
}

export interface BrokenLease {
  /** What the lock is now. */
  readonly record: LeaseRecord;
  readonly ended: EndedLease;
}
