import type { Actor } from '../../model/operation/operation.js';
import type { StateConflict } from '../../model/state/merge-state.js';
import type { SecretConflict } from '../../model/team-secret/secret-conflict.js';
import type { Commit, Revision, SwapOutcome } from './state-store.js';

/** A move of a proposal's branch, from where it was last seen, or from nothing. */
export interface ProposalMove {
  readonly branch: string;
  readonly from: Revision | null;
  readonly to: Revision;
}

/** Why a branch did not move. */
export type ProposalFailure = Exclude<
  SwapOutcome,
  { readonly kind: 'swapped' | 'blocked' | 'fenced' | 'not-atomic' }
>;

/** How the move of a branch ended. */
export interface ProposalMoved {
  /** Null if the branch moved. */
  readonly failure: ProposalFailure | null;
  /** The page at which the server offers to open a request to merge; null if it offers none. */
  readonly offered: string | null;
}

/** A file that two revisions changed in different ways; for a state document, with its paths in conflict. */
export interface FileConflict {
  readonly file: string;
  readonly conflicts: readonly StateConflict[];
  /** Set if it is the file of a secret. */
  readonly secret?: SecretConflict;
}

/** Two revisions to join. */
export interface ProposalMerge {
  /** The tip of the proposal. */
  readonly ours: Revision;
  /** The tip of the state branch. */
  readonly theirs: Revision;
  readonly author: Actor;
  readonly message: string;
  /** Whether to make one commit on top of `theirs` instead of a merge: a forge can rebase that. */
  readonly isRebased: boolean;
}

/** Result of a merge. */
export type MergeOutcome =
  /** Nothing to merge: one revision contains the other. */
  | { readonly kind: 'current' }
  | { readonly kind: 'conflicts'; readonly files: readonly FileConflict[] }
  /** `files` are the state documents that both sides changed. */
  | { readonly kind: 'merged'; readonly revision: Revision; readonly files: readonly string[] };

/** The address of the server, at which a forge may be. */
export interface ServerAddress {
  readonly url: string;
  /** Whether the user has configured this host, rather than a file in the repository. */
  readonly isConfigured: boolean;
}

/**
 * Branches beside the state branch, each with a change that others review. `test/support/proposals-contract.ts` says what
 * each method must do.
 */
export interface Proposals {
  /** Whether a branch of a proposal may have this name. */
  isName(name: string): boolean;
  /** The tips of the branches whose names begin with `start`, by name. Throws RemoteError, NotFoundError. */
  tips(start: string, timeoutMs: number): Promise<ReadonlyMap<string, Revision>>;
  /**
   * Builds commits on a revision, and returns their revisions; no branch leads to them yet. Throws RefusedError,
   * EnvironmentError.
   */
  build(base: Revision, commits: readonly Commit[]): Promise<readonly Revision[]>;
  /** Moves a branch if it is still at `from`, whether or not `to` contains that. */
  move(move: ProposalMove, timeoutMs: number): Promise<ProposalMoved>;
  /**
   * Merges the state branch into a proposal, state documents path by path; no branch leads to the result yet. Throws
   * EnvironmentError, InvalidStateError.
   */
  merge(merge: ProposalMerge): Promise<MergeOutcome>;
  /** Where a forge may be. */
  address(): Promise<ServerAddress>;
  /** How a user looks at a branch and removes it: a clause that reads on after a colon. */
  removal(branch: string): string;
  /** The steps in which a user joins a proposal and the state branch by hand, where these files are in conflict. */
  mergeByHand(branch: string, files: readonly string[]): readonly string[];
  /** Ends helper processes. */
  close(): Promise<void>;
}

/** Opens the proposals of a store. Throws UsageError if there is nobody to propose to. */
export type OpenProposals = () => Promise<Proposals>;
