import type { Revision } from './state-store.js';

/** The files of the store on this machine that users see, such as checkouts of a branch. */
export interface WorkingCopy {
  /** The revision checked out in the user's current folder; null if there is none. */
  checkedOut(): Promise<Revision | null>;
  /** Configures the user's own tools for the files of the store, unless they already are. */
  prepare(): Promise<void>;
  /** Finishes what an interrupted swap began on this machine; returns notes for the user. Throws EnvironmentError. */
  settle(): Promise<readonly string[]>;
  /**
   * Updates the files to the head of the store; returns notes for the user, such as why they were left behind. Nothing is
   * left to do after the swap of a store without a server. Throws EnvironmentError, RemoteError.
   */
  follow(): Promise<readonly string[]>;
  /** How many revisions the files are behind the head; 0 if there are no files. */
  behind(): Promise<number>;
}
