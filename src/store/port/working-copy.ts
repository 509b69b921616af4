import type { Revision } from './state-store.js';

/** What users see of the store as files on this machine, such as checkouts of a branch. */
export interface WorkingCopy {
  /** The revision that is checked out where the user stands; null where nothing is. */
  checkedOut(): Promise<Revision | null>;
  /** Has the user's own tools work well with the files of the store, where they are not set up for it yet. */
  prepare(): Promise<void>;
  /** Finishes what a swap began on this machine and could not end; returns notes for the user. */
  settle(): Promise<readonly string[]>;
  /** Brings the files to the head of the store; returns notes for the user, such as why they stay behind. */
  follow(): Promise<readonly string[]>;
  /** How many revisions the files are behind the head; 0 where there are none. */
  behind(): Promise<number>;
}
