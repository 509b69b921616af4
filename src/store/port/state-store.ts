import type { KgitError, RefusedError, RemoteError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import type { LeaseStore, LockMove, LockTip } from './lease-store.js';

/** Names one version of the whole repository; totally ordered along the branch. */
export type Revision = string;

/** What is known of the branch without asking anybody. */
export interface Head {
  /** Null where nothing was ever published. */
  readonly revision: Revision | null;
  /** When the remote was last asked, in ms since the epoch; null where there is no remote, so the head is the truth. */
  readonly fetchedAt: number | null;
}

/** The remote's branch no longer contains the tip that was known here. */
export interface Rewrite {
  readonly from: Revision;
  /** Where the branch is now. */
  readonly to: Revision;
  /** How many revisions are not in the branch any more, of those that are known here; null where the old tip is not here. */
  readonly removed: number | null;
  /**
   * `moved`: somebody moved the branch. `lost`: the branch went back, and the remote does not have the old tip any more.
   * `unclear`: the branch went back, and the remote does not say whether it has the old tip.
   */
  readonly cause: 'moved' | 'lost' | 'unclear';
}

/** `data.cause` of the ConflictError of a `refresh` that found an `OtherHistory`: `acceptHistory` is the way on. */
export const OTHER_HISTORY = 'other-history';

/** Two histories with nothing in common: the one that is known here, and the one that the remote has. */
export interface OtherHistory {
  readonly known: Revision;
  readonly found: Revision;
  /** How many revisions each has, as far as they are here; null where none of it is. */
  readonly knownCount: number | null;
  readonly foundCount: number;
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

/** The paths that one revision added, for the time line. */
export interface TimelineEntry {
  readonly revision: Revision;
  readonly added: readonly string[];
}

/**
 * A versioned tree of small text files that moves by compare-and-swap: what every driver provides, and all
 * that the rest of kgit knows of it. `test/support/store-contract.ts` says what each method must do.
 */
export interface StateStore {
  /** Where writes go, for people and for the outbox: an entry made for another target is never published here. */
  readonly target: string;
  /** The locks of the same place. */
  readonly leases: LeaseStore;
  /** Whether publishing needs somebody else: false for a purely local repository. */
  readonly isRemote: boolean;
  /** What is known without the network. */
  head(): Promise<Head>;
  /** Asks the remote for its tip. Throws RemoteError; without a remote it is `head`. */
  refresh(timeoutMs: number): Promise<Head>;
  /** Called when `refresh` sees a rewrite, before the head goes to the new tip; once for each, but for processes at the same time. */
  onRewrite?: ((rewrite: Rewrite) => Promise<void>) | undefined;
  /** Asks whether the remote has another history than this clone; null where not. Changes nothing. Throws RemoteError. */
  otherHistory?(timeoutMs: number): Promise<OtherHistory | null>;
  /** Takes the remote's other history for the one of this clone. Throws EnvironmentError. */
  acceptHistory?(other: OtherHistory): Promise<void>;
  /** The revision that `name` means, such as a tag or an abbreviated id; null where there is none. */
  resolve(name: string): Promise<Revision | null>;
  /** The newest revision, from `revision` backwards, that was made at `time` (ms since the epoch) or before; null where all are younger. */
  revisionAt(revision: Revision, time: number): Promise<Revision | null>;
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
  /** Finishes what a swap began on this machine and could not end; returns notes for the user. */
  settle(): Promise<readonly string[]>;
  /** Brings what the user sees on this machine, such as a checkout, to the head; returns notes for the user. */
  follow(): Promise<readonly string[]>;
  /** How many revisions what the user sees on this machine is behind the head; 0 where there is nothing to see. */
  behind(): Promise<number>;
  /** The revisions that added files, from `revision` backwards, newest first. */
  timeline(revision: Revision): AsyncIterable<TimelineEntry>;
  /** How many revisions stand, from `revision` backwards, before the one that added each of these files of it. */
  placesOf(revision: Revision, paths: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The files of `revision` that hold any of these texts, none of which has a line end, in any case of letters; perhaps some more. */
  filesWith(revision: Revision, texts: readonly string[]): Promise<readonly string[]>;
  /** Ends helper processes. */
  close(): Promise<void>;
}
