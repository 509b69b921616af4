import type { KgitError, RemoteError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import type { LockMove, LockTip } from './lease-store.js';
import type { Announce } from './shared-pushes.js';

/** Identifies one version of the whole store; printable, and opaque to all but its driver. */
export type Revision = string;

/** What is known about the branch without contacting anybody. */
export interface Head {
  /** Null if nothing was ever published. */
  readonly revision: Revision | null;
  /** When the remote was last asked, in ms since the epoch; null if there is no remote and the head is authoritative. */
  readonly fetchedAt: number | null;
  /** Set if a copy on this machine holds it, where reads ask the server otherwise. */
  readonly isKept?: boolean;
  /** Set if no answer of the remote is behind it yet: a branch that this clone neither fetched nor published. */
  readonly isUnasked?: boolean;
}

export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
}

/** What `listBelow` does with the folders that it lists, each of which has a place in the list of those above. */
export interface Below {
  /**
   * Names in `byName` order, of ASCII characters: entries before them may be left out, of the listed folders and of
   * those in them.
   */
  readonly from?: { readonly above: string; readonly below: string };
  /** Names the folders, of what lies in the folder with this place, that are to be listed as well. */
  choose(entries: readonly Entry[], place: number): readonly string[];
  /**
   * Takes what lies, in `byName` order, in the folder `name` of the folder with this place. Returns the names of the files
   * of it that are likely to be read: a view need not keep what it knows of others.
   */
  take(entries: readonly Entry[], place: number, name: string): readonly string[];
  /** Takes such files while others are listed. A view may leave this out, for some files or all. */
  readonly early?: {
    /** The largest number of files. */
    readonly most: number;
    /** @param text reads the file; it answers and throws as `read` of the view does */
    take(path: string, place: number, text: () => string | null): void;
  };
}

/** The files of one revision. */
export interface StateView {
  /** Prepares for about so many reads, which are about to come. Absent if nothing can be prepared. */
  expectReads?(count: number): void;
  /** Reads a file; null if there is none. Throws InvalidStateError if the path is something else. */
  read(path: string): Promise<string | null>;
  /**
   * Reads files, null where there is none, and keeps none of them in memory. Absent if it costs no less than reading them
   * one by one.
   */
  readMany?(paths: readonly string[]): Promise<readonly (string | null)[]>;
  /**
   * Lists a folder in `byName` order; null if there is none. Throws InvalidStateError if the path is something else.
   * @param prefix lists only the names that begin with it; the answer is null if none does
   */
  list(folder: string, prefix?: string): Promise<readonly Entry[] | null>;
  /**
   * Lists many folders below the top one, each named once, and those in them that are chosen. Leaves folders out that are
   * not there. Absent if it costs no less than listing them one by one. Throws as `list`, and what the methods of `below` throw.
   */
  listBelow?(folders: readonly string[], below: Below): Promise<void>;
  /** What is at a path below the top folder; null if nothing is. */
  kindOf(path: string): Promise<Entry['kind'] | null>;
}

/**
 * Whole files to add or replace, by path. Null removes what is there, a file or a folder with its contents, before
 * anything is written.
 */
export type FileChanges = ReadonlyMap<string, string | null>;

/** A commit to be created. */
export interface Commit {
  readonly message: string;
  readonly author: Actor;
  /** ms since the epoch. */
  readonly time: number;
  readonly files: FileChanges;
  /**
   * Set if the commit only adds files and depends on nothing else that the base holds: for each file, the beginning of
   * its path (`clusters/…/events/2026-11/<id>-`) with which no other file may begin. If all commits of a swap have it, a driver
   * may add them to a newer head as long as nothing there begins with one of these, instead of answering `moved`.
   */
  readonly append?: readonly string[];
  /**
   * Set if the commit copies a revision: when that was published, in ms since the epoch. Times never go backwards along
   * the line, so it may become that of the revision before it.
   */
  readonly published?: number;
}

/** A revision, and what it did to the files. */
export interface RevisionChange {
  readonly revision: Revision;
  /** The revision before it, to which the lists of paths compare; null for the first of all. */
  readonly parent: Revision | null;
  /** When it was made, in ms since the epoch. */
  readonly time: number;
  readonly author: Actor;
  readonly message: string;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Reads files that it added or changed, as it left them; null for what is no text file. */
  read(paths: readonly string[]): Promise<readonly (string | null)[]>;
}

/** What is refused: */
export type RefusedScope =
  /** Any move of the branch. */
  | 'branch'
  /** Something in these commits. */
  | 'commits'
  /** A push of this size. */
  | 'size'
  /** Locks: the store cannot move them and the branch atomically. */
  | 'locks'
  /** Files on this machine, so that nothing was sent: local edits, or a filter that kgit would bypass. */
  | 'local';

/** How a CAS ended. Expected outcomes are values; only internal failures throw. */
export type SwapOutcome =
  /**
   * The branch contains the commits, or the first of them if the driver does not take so many at once. `notes` is for
   * the user.
   */
  | {
      readonly kind: 'swapped';
      /** One for each commit that was added: at least one, if there were commits. */
      readonly revisions: readonly Revision[];
      readonly notes: readonly string[];
      /** The new tips of the locks that moved with it, by name. */
      readonly locks?: ReadonlyMap<string, LockTip>;
    }
  /** The branch is no longer at the base: take the new tip and apply again. */
  | { readonly kind: 'moved' }
  /** The server is in the middle of another write, or a process that died left it locked: try again. */
  | { readonly kind: 'busy'; readonly error: RemoteError }
  /** These locks are no longer at the `from` of their moves; nothing was moved. */
  | { readonly kind: 'fenced'; readonly names: readonly string[] }
  /** The remote cannot be reached now. */
  | { readonly kind: 'unreachable'; readonly error: RemoteError }
  /**
   * The remote does not accept our credentials or does not know the repository. With a `scope`: it accepts these
   * commits from nobody.
   */
  | { readonly kind: 'denied'; readonly error: RemoteError; readonly scope?: RefusedScope }
  /** Refused until somebody changes something: branch protection, a hook. `scope` says what is refused, if known. */
  | { readonly kind: 'refused'; readonly error: KgitError; readonly scope?: RefusedScope }
  /** The connection broke after the request was sent; it may have been carried out. */
  | { readonly kind: 'unknown'; readonly error: KgitError };

/**
 * A versioned tree of small text files that moves by CAS. `test/support/store-contract.ts` says what each method must
 * do.
 */
export interface StateStore {
  /** Where writes go, for users and for the outbox: an entry made for another target is never published here. */
  readonly target: string;
  /** Whether publishing needs a server; false for a purely local repository. */
  readonly isRemote: boolean;
  /** Size of the largest file that the store takes, in bytes; undefined if it takes what kgit can read. */
  readonly maxFileBytes?: number | undefined;
  /** What is known without the network. */
  head(): Promise<Head>;
  /** Asks the remote for its tip. Throws RemoteError. Without a remote, same as `head`. */
  refresh(timeoutMs: number): Promise<Head>;
  view(revision: Revision | null): StateView;
  /**
   * Adds `commits` to `base` and moves the branch there if it is still at `base`; without commits, publishes `base`
   * itself. Files on this machine stay: `WorkingCopy.follow` updates them. Only a store without a server moves its files
   * with the branch, in one step. With `locks` the swap is atomic: the branch moves only if every lock is still at the `from` of its move.
   * @param announce called before commits are sent that other clones can take; never with `locks`
   */
  swap(
    base: Revision | null,
    commits: readonly Commit[],
    timeoutMs: number,
    locks?: readonly LockMove[],
    announce?: Announce,
  ): Promise<SwapOutcome>;
  /**
   * Yields the revisions that follow `after`, each once and in order, then new ones as they come. Ends when `signal`
   * aborts. Many revisions are read in pages. Throws RemoteError if the server cannot be reached: the caller goes on
   * behind the last revision that it got (`followChanges`). Throws `wentBack` if `after` is not in the store any more.
   * `test/support/changes-contract.ts` says more.
   * @param after null for all revisions
   * @param maxAge how old the last fetch may become, in ms, for drivers whose server does not tell of changes; if left
   * out, the driver decides
   */
  changes(after: Revision | null, signal: AbortSignal, maxAge?: number): AsyncIterable<RevisionChange>;
  /** Ends helper processes. */
  close(): Promise<void>;
}
