import type { Commit, Revision, SwapOutcome } from './state-store.js';

/** Commits that are stored on this machine, and that no branch need have yet. */
export interface BuiltCommits {
  /** What they are built on. */
  readonly from: Revision;
  /** One for each commit, in order: at least one. */
  readonly revisions: readonly Revision[];
  /** Where their objects are, for other clones on this machine. */
  readonly objects: string;
}

/** Called with the commits of a swap before they are sent. */
export type Announce = (built: BuiltCommits) => Promise<void>;

/** A move of the branch to commits of several clones. */
export interface SharedMove {
  /** What this clone takes the branch to be. */
  readonly known: Revision;
  /** Where the branch was brought, from there on, by other clones. */
  readonly from: Revision;
  readonly to: Revision;
}

/** What a driver offers so that the clones of a user on this machine can push each other's commits. */
export interface SharedPushes {
  /** Clones of one group push each other's commits: the same person commits, and the server lets each do the same. */
  group(): string;
  /**
   * Builds commits on `from`, which the branch need not have yet. Throws EnvironmentError.
   * @returns null if they are refused here, or other clones could not take them
   */
  build(from: Revision, commits: readonly Commit[]): Promise<BuiltCommits | null>;
  /** Stores the objects of commits that other clones built. Throws EnvironmentError. @returns false if some are gone */
  take(objects: readonly string[]): Promise<boolean>;
  /** Moves the branch by compare-and-swap, as `StateStore.swap` does, to commits that were built or taken. */
  push(move: SharedMove, timeoutMs: number): Promise<SwapOutcome>;
  /**
   * Notes that the push of another clone has brought the branch to `tip`, built on `from`.
   * @returns notes for the user
   */
  landed(from: Revision, tip: Revision): Promise<readonly string[]>;
}
