import type { History } from './history.js';
import type { LeaseStore } from './lease-store.js';
import type { SharedHistory } from './shared-history.js';
import type { StateStore } from './state-store.js';
import type { WorkingCopy } from './working-copy.js';

/** What a driver provides: the store, and what stands beside it. All that the rest of kgit knows of a driver. */
export interface Backend extends StateStore {
  /** Whether a view may ask a server for what is read. */
  readonly readsRemotely: boolean;
  readonly history: History;
  /** The locks of the same place. */
  readonly leases: LeaseStore;
  /** Undefined where no files on this machine follow the store. */
  readonly workingCopy?: WorkingCopy | undefined;
  /** Undefined where nobody else can replace the history. */
  readonly shared?: SharedHistory | undefined;
}
