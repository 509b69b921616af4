import type { KgitError, RefusedError, RemoteError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import type { LockMove, LockTip } from './lease-store.js';

/** Names one version of the whole store: printable, and opaque to all but its driver. */
export type Revision = string;

/** What is known of the branch without asking anybody. */
export interface Head {
  /** Null where nothing was ever published. */
  readonly revision: Revision | null;
  /** When the remote was last asked, in ms since the epoch; null where there is no remote, so the head is the truth. */
  readonly fetchedAt: number | null;
}

export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
}

/** The files of one revision. */
export interface StateView {
  /** The text of a file; null where there is none. Throws InvalidStateError when something else stands there. */
  read(path: string): Promise<string | null>;
  /** What a folder holds, in the order of `byName`; null where there is none. Throws InvalidStateError when a file stands there. */
  list(folder: string): Promise<readonly Entry[] | null>;
}

/**
 * Whole files by path, added or replaced; null takes away, before anything is
 * written, what is there: a file, or a folder with all in it.
 */
export type FileChanges = ReadonlyMap<string, string | null>;

/** One commit to be. */
export interface Commit {
  readonly message: string;
  readonly author: Actor;
  /** ms since the epoch. */
  readonly time: number;
  readonly files: FileChanges;
}

/** What a remote refuses: every move of the branch, something in these commits, or so much at once. */
export type RefusedScope = 'branch' | 'commits' | 'size';

/** How a compare-and-swap ended. Expected ends are values; only broken machinery throws. */
export type SwapOutcome =
  /** The branch holds the commits; `notes` say what the user should know, such as a checkout left behind. */
  | {
      readonly kind: 'swapped';
      readonly revisions: readonly Revision[];
      readonly notes: readonly string[];
      /** The new tips of the locks that moved along, by name. */
      readonly locks?: ReadonlyMap<string, LockTip>;
    }
  /**
   * The branch is no longer at the base: take the new tip and apply again. `lock` is a lock file of the server's that was
   * in the way: another write is at it, or its process died and left it.
   */
  | { readonly kind: 'moved'; readonly lock?: string }
  /** These locks are no longer where their moves begin; nothing was moved. */
  | { readonly kind: 'fenced'; readonly names: readonly string[] }
  /** The remote cannot move branch and locks together; nothing was moved. */
  | { readonly kind: 'not-atomic'; readonly error: RefusedError }
  /** The remote cannot be reached now. */
  | { readonly kind: 'unreachable'; readonly error: RemoteError }
  /** The remote does not know us, or not the repository; with a `scope`, it takes what is in these commits from nobody. */
  | { readonly kind: 'denied'; readonly error: RemoteError; readonly scope?: RefusedScope }
  /** The remote refuses for good: protection, a hook. `scope` tells what it refuses, where that is known. */
  | { readonly kind: 'refused'; readonly error: RefusedError; readonly scope?: RefusedScope }
  /** Something on this machine is in the way of the files: local edits, or a filter that kgit would write past. */
  | { readonly kind: 'blocked'; readonly error: KgitError }
  /** The connection broke after the request was sent: it may have been carried out. */
  | { readonly kind: 'unknown'; readonly error: KgitError };

/**
 * A versioned tree of small text files that moves by compare-and-swap. `test/support/store-contract.ts` says what each
 * method must do.
 */
export interface StateStore {
  /** Where writes go, for people and for the outbox: an entry made for another target is never published here. */
  readonly target: string;
  /** Whether publishing needs somebody else: false for a purely local repository. */
  readonly isRemote: boolean;
  /** What is known without the network. */
  head(): Promise<Head>;
  /** Asks the remote for its tip. Throws RemoteError; without a remote it is `head`. */
  refresh(timeoutMs: number): Promise<Head>;
  view(revision: Revision | null): StateView;
  /**
   * Puts `commits` on `base` and moves the branch there, if it still is at `base`; none: publishes `base` itself.
   * With `locks` all of it happens or nothing: the branch moves only if each lock still is where its move begins.
   */
  swap(
    base: Revision | null,
    commits: readonly Commit[],
    timeoutMs: number,
    locks?: readonly LockMove[],
  ): Promise<SwapOutcome>;
  /** Ends helper processes. */
  close(): Promise<void>;
}
