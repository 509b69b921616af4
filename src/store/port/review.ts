import type { Revision } from './state-store.js';

/** A file of a revision. */
export interface TreeFile {
  readonly path: string;
  /** `other` is anything not readable as text, such as a link; `odd` says what it is. */
  readonly kind: 'plain' | 'executable' | 'other';
  /** For `other`: `a symbolic link, which no reader follows`. */
  readonly odd?: string | undefined;
  /** Id of the content. */
  readonly content: string;
  /** Null if it is not a file. */
  readonly bytes: number | null;
}

/** A file that differs between two revisions; null on a side where it is absent. */
export interface ChangedFile {
  readonly path: string;
  /** Id of the content. */
  readonly before: string | null;
  readonly after: string | null;
}

/** What the user has chosen for the next commit. */
export interface Staged {
  /** All files as they would be committed, as a revision that is on no branch. */
  readonly revision: Revision;
  /** The revision that the commit will follow; one without files if it is the first. */
  readonly parent: Revision;
  readonly isFirst: boolean;
  /** The files that differ between the two, in path order. */
  readonly changes: readonly ChangedFile[];
  /** Those of them that the commit adds or changes, in path order. */
  readonly files: readonly TreeFile[];
}

/** A commit on the line along which the head moves. */
export interface HistoryCommit {
  readonly revision: Revision;
  readonly author: string;
  /** RFC 3339. */
  readonly committed: string;
  /** Ids, full or abbreviated, of commits whose removals of events this one accepts. */
  readonly accepts: readonly string[];
}

/** The changes that a commit made in months of events from which it removed or edited something. */
export interface HistoryChange {
  readonly commit: HistoryCommit;
  readonly changes: readonly ChangedFile[];
}

/** The signature of a commit. */
export interface Signature {
  readonly revision: Revision;
  readonly verdict: 'good' | 'expired' | 'none' | 'bad' | 'unknown';
  /** Who signed, as named in the allowed signers; empty if unknown. */
  readonly signer: string;
}

/**
 * How users look at what a review found and mend it, in the driver's own tools. Each text is a command or clause that
 * reads on after a colon, without a full stop.
 */
export interface ReviewTools {
  /** Shows what a commit changed. */
  show(revision: Revision): string;
  /** Shows the commits that lead to `older` but not to `newer`. */
  missing(older: Revision, newer: Revision): string;
  /** Shows how a file changed. */
  versions(path: string): string;
  /** Shows which commits removed files. */
  removals(): string;
  /** Puts a file back as it was at a revision. */
  restore(revision: Revision | 'REVISION', path: string): string;
  /** Puts a file back on the branch of a proposal; null if the name of the branch is unknown. */
  restoreProposed(revision: Revision, path: string, branch: string | null): string;
  /** Removes a file that was added and need not be committed yet, also from the user's folder. */
  withdraw(path: string): string;
  /** Removes a file from the branch of a proposal; null if the name of the branch is unknown. */
  withdrawProposed(path: string, branch: string | null): string;
  /** Puts a file back as it was before a commit. */
  restoreBefore(revision: Revision, path: string): string;
  /** Shows how a file differs from what it was before a commit. */
  differencesSince(revision: Revision, path: string): string;
  /** Takes a file out of the store. */
  remove(path: string): string;
  /** Takes something that is no file out of the store, but leaves it on disk. */
  forget(path: string): string;
  /** Makes an executable file a plain one. */
  makePlain(path: string): string;
  /** Corrects a file by hand, and publishes it; an imperative sentence. */
  correct(path: string): string;
  /** Verifies where no content is missing, if `isPartial`. */
  complete(): string;
}

/**
 * What reviews need from a repository beyond its state: comparisons of revisions, and bulk reads of files.
 * `test/support/review-contract.ts` says what each method must do.
 */
export interface Review {
  /** Whether some contents are not here and fetched on demand. */
  readonly isPartial: boolean;
  /** Absent if the driver has no tools of its own for its users. */
  readonly tools?: ReviewTools;
  /**
   * The newest common ancestor; null if none is known here. Absent if all revisions lie on one line: then it is the older
   * of the two.
   */
  mergeBase?(one: Revision, other: Revision): Promise<Revision | null>;
  /** Whether `older` is `newer`, or lies before it on the line along which the head moved. */
  isOnLine(older: Revision, newer: Revision): Promise<boolean>;
  /** All files of a revision in path order, a few thousand at a time. */
  files(revision: Revision): AsyncIterable<readonly TreeFile[]>;
  /** The files that differ, in path order. */
  changes(from: Revision, to: Revision): Promise<readonly ChangedFile[]>;
  /**
   * What the commits on the line did to months of events from which they removed or edited something, newest first,
   * down to `from` (exclusive), or to the first commit that is here if `from` is null.
   * @param onCommit called for each commit, before its changes are returned
   */
  history(
    from: Revision | null,
    to: Revision,
    onCommit: (commit: HistoryCommit) => void,
  ): AsyncIterable<HistoryChange>;
  /** Absent if the driver has no commits that users make by hand. Throws UsageError if nothing can be committed. */
  staged?(): Promise<Staged>;
  /** Id of a file's content; null if the file does not exist. */
  contentAt(revision: Revision, path: string): Promise<string | null>;
  /** Size of each content, in bytes. */
  sizes(contents: readonly string[]): Promise<readonly number[]>;
  /** Reads these contents in one batch, in order. Throws InvalidStateError if one is too large. */
  contents(names: readonly string[]): Promise<readonly Buffer[]>;
  /** The revisions on the line that changed a file, or anything in a folder, newest first from `to`. */
  changesOf(path: string, to: Revision): Promise<readonly Revision[]>;
  /**
   * The signatures of the revisions on the line, newest first, down to `from` (exclusive). Absent if the driver has no
   * signatures.
   */
  signatures?(from: Revision | null, to: Revision, signers: Signers): Promise<readonly Signature[]>;
}

/** Who may sign. */
export interface Signers {
  /** Lines of an OpenSSH allowed signers file. */
  readonly ssh: string;
  /** Armoured OpenPGP public keys. */
  readonly gpg: readonly string[];
}
