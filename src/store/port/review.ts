import type { Revision } from './state-store.js';

/** A file in the tree of a revision. */
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

/** A revision of the line along which the head moves. */
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

/** What reviews need from a repository beyond its state: comparisons of histories, and bulk reads of files. */
export interface Review {
  /** Whether missing objects may be fetched on demand. */
  readonly isPartial: boolean;
  /** The newest common ancestor; null if none is known here. */
  mergeBase(one: Revision, other: Revision): Promise<Revision | null>;
  /** Whether `older` is `newer`, or lies on its line of first parents. */
  isOnLine(older: Revision, newer: Revision): Promise<boolean>;
  /** All files of a revision in path order, a few thousand at a time. */
  files(revision: Revision): AsyncIterable<readonly TreeFile[]>;
  /** The files that differ, in path order. */
  changes(from: Revision, to: Revision): Promise<readonly ChangedFile[]>;
  /**
   * What commits on the line of first parents did to months of events from which they removed or edited something,
   * newest first, down to `from` (exclusive), or to the first commit that is here if `from` is null.
   * @param onCommit called for each commit, before its changes are returned
   */
  history(
    from: Revision | null,
    to: Revision,
    onCommit: (commit: HistoryCommit) => void,
  ): AsyncIterable<HistoryChange>;
  /** Id of a file's content; null if the file does not exist. */
  contentAt(revision: Revision, path: string): Promise<string | null>;
  /** Size of each content, in bytes. */
  sizes(contents: readonly string[]): Promise<readonly number[]>;
  /** Reads these contents in one batch, in order. Throws InvalidStateError if one is too large. */
  contents(names: readonly string[]): Promise<readonly Buffer[]>;
  /** The revisions on the line of first parents that changed a file, from `to` backwards. */
  changesOf(path: string, to: Revision): Promise<readonly Revision[]>;
  /** The signatures of the revisions on the line of first parents, newest first, down to `from` (exclusive). */
  signatures(from: Revision | null, to: Revision, signers: Signers): Promise<readonly Signature[]>;
}

/** Who may sign. */
export interface Signers {
  /** Lines of an OpenSSH allowed signers file. */
  readonly ssh: string;
  /** Armoured OpenPGP public keys. */
  readonly gpg: readonly string[];
}
