import type { MirroredRevision } from '../../model/operation/mirror-message.js';
import type { History } from './history.js';
import type { LeaseStore } from './lease-store.js';
import type { SharedHistory } from './shared-history.js';
import type { SharedPushes } from './shared-pushes.js';
import type { StateStore } from './state-store.js';
import type { WorkingCopy } from './working-copy.js';

/** A copy of a store on this machine, which answers reads while the server is away. */
export interface KeptCopy {
  /**
   * Brings it to the head of the store. Throws RemoteError, EnvironmentError.
   * @param deadline ms since the epoch
   * @returns how many revisions it is behind still
   */
  pull(deadline: number): Promise<number>;
}

/** Everything that the rest of kgit knows about a driver: the store, and what comes with it. */
export interface Backend extends StateStore {
  /** Whether reading through a view may contact a server. */
  readonly readsRemotely: boolean;
  /** Whether asking the server for the head is about as fast as reading a file, so that every read begins with it. */
  readonly isNear?: boolean;
  readonly history: History;
  /** The locks kept in the same place. */
  readonly leases: LeaseStore;
  /** Undefined if no files on this machine follow the store. */
  readonly workingCopy?: WorkingCopy | undefined;
  /** Undefined if nothing is kept here, or a clone is. */
  readonly copy?: KeptCopy | undefined;
  /** Undefined if nobody else can replace the history. */
  readonly shared?: SharedHistory | undefined;
  /** Undefined if each clone pushes for itself. */
  readonly sharedPushes?: SharedPushes | undefined;
  /** What the newest revision says it is a copy of; null if this is a store of its own. Absent if no driver mirrors into it. */
  mirrored?(): Promise<MirroredRevision | null>;
}
