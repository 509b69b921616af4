import type { Revision } from './state-store.js';

/** A file of a revision, as its tree has it. */
export interface TreeFile {
  readonly path: string;
  /** `other` is what no reader reads as text, such as a link; `odd` says what it is. */
  readonly kind: 'plain' | 'executable' | 'other';
  /** Of an `other`: `a symbolic link, which no reader follows`. */
  readonly odd?: string | undefined;
  /** Names the content. */
  readonly content: string;
  /** Null where it is no file. */
  readonly bytes: number | null;
}

/** A file that is not the same in two revisions; null on a side where it is not. */
export interface ChangedFile {
  readonly path: string;
  /** Names the content. */
  readonly before: string | null;
  readonly after: string | null;
}

/** A revision of the line that the head moves along. */
export interface HistoryCommit {
  readonly revision: Revision;
  readonly author: string;
  /** RFC 3339 */
  readonly committed: string;
  /** Ids, whole or their beginnings, of commits whose removals of events this one accepts. */
  readonly accepts: readonly string[];
}

/** Changes that a commit made to months of events that lost something in it. */
export interface HistoryChange {
  readonly commit: HistoryCommit;
  readonly changes: readonly ChangedFile[];
}

/** How a commit is signed. */
export interface Signature {
  readonly revision: Revision;
  readonly verdict: 'good' | 'expired' | 'none' | 'bad' | 'unknown';
  /** Who signed, as the allowed signers name them; empty where nobody is known. */
  readonly signer: string;
}

/** What reviews need of a repository beyond its state: histories compared, and files by the thousands. */
export interface Review {
  /** Whether what is not here may be fetched when it is asked for. */
  readonly isPartial: boolean;
  /** The newest revision that both descend from; null where none is known here. */
  mergeBase(one: Revision, other: Revision): Promise<Revision | null>;
  /** Whether `older` is on the line of first parents of `newer`, or is `newer`. */
  isOnLine(older: Revision, newer: Revision): Promise<boolean>;
  /** All files of a revision in the order of their paths, some thousands at a time. */
  files(revision: Revision): AsyncIterable<readonly TreeFile[]>;
  /** The files that differ, in the order of their paths. */
  changes(from: Revision, to: Revision): Promise<readonly ChangedFile[]>;
  /**
   * What commits on the line of first parents did to months of events that lost something, newest first, down to
   * `from`, which is left out; from the first commit that is here where it is null.
   * @param onCommit called for each commit, before its changes are given
   */
  history(
    from: Revision | null,
    to: Revision,
    onCommit: (commit: HistoryCommit) => void,
  ): AsyncIterable<HistoryChange>;
  /** Names the content of a file; null where there is none. */
  contentAt(revision: Revision, path: string): Promise<string | null>;
  /** How many bytes each of these has. */
  sizes(contents: readonly string[]): Promise<readonly number[]>;
  /** The contents of these, in order, read in one go. Throws InvalidStateError for one that is too large. */
  contents(names: readonly string[]): Promise<readonly Buffer[]>;
  /** The revisions on the line of first parents that changed a file, from `to` backwards. */
  changesOf(path: string, to: Revision): Promise<readonly Revision[]>;
  /** The signatures of the revisions on the line of first parents, newest first, down to `from`, which is left out. */
  signatures(from: Revision | null, to: Revision, signers: Signers): Promise<readonly Signature[]>;
}

/** Who may sign. */
export interface Signers {
  /** Lines of an OpenSSH allowed signers file. */
  readonly ssh: string;
  /** Armoured OpenPGP public keys. */
  readonly gpg: readonly string[];
}
