import { ConflictError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import type { Revision } from './state-store.js';

/** The paths that one revision added, for the timeline. */
export interface TimelineEntry {
  readonly revision: Revision;
  readonly added: readonly string[];
}

/** Why the older part of the history is not here, and how to get it. */
export interface CutOff {
  /** A clause: `this clone is shallow`. */
  readonly why: string;
  /** A command for the user. */
  readonly remedy: string;
  /** A command for the user that fetches the history of these revisions. */
  remedyFor(...revisions: readonly Revision[]): string;
  /** How a CI job gets the whole history: an imperative clause. */
  readonly inCi: string;
}

/** A revision with everything that it did: all that a copy of a history needs, but for the locks. */
export interface WholeRevision {
  readonly revision: Revision;
  /** The revision before it on the line; null for the first one. */
  readonly parent: Revision | null;
  readonly message: string;
  readonly author: Actor;
  /** When its author made it, in ms since the epoch. */
  readonly time: number;
  /** When it was published, in ms since the epoch; as `time` where the driver keeps one time alone. */
  readonly published: number;
  /**
   * The files that it wrote, with their whole texts, and those that it removed (null), in the order of their paths. A
   * file that it left as it was is not among them, and no folder is. Executable files are plain ones here.
   */
  readonly files: ReadonlyMap<string, string | null>;
  /** What it put at a path that no store keeps as text. A file that was there before is in `files` as removed. */
  readonly odd: readonly OddFile[];
}

/** Something that is no text file. */
export interface OddFile {
  readonly path: string;
  /** What it is, as a noun: `a symbolic link`. */
  readonly what: string;
}

/** The error for a walk along the line that does not meet the revision at which it was to begin. */
export function notOnLine(after: Revision, to: Revision): ConflictError {
  return new ConflictError(`revision ${after} is not on the line that leads to ${to}`, {
    suggestions: ["The history was replaced: see 'kgit sync'"],
    data: { expected: after, actual: to },
  });
}

/**
 * The revisions of a store, on the single line along which its head moves. `test/support/history-contract.ts` says what
 * each method must do.
 */
export interface History {
  /** Null if the whole line is here. */
  readonly cutOff: CutOff | null;
  /** Suggestions on how users find and name revisions; the first says where to look them up. */
  readonly naming: readonly [string, ...string[]];
  /** Resolves a name, such as a tag or an abbreviated id; null if no revision has it. */
  resolve(name: string): Promise<Revision | null>;
  /**
   * The newest revision, from `revision` backwards, whose message names the revision `origin` of another store, or one
   * that begins so, as one that it was copied from (`Kgit-Origin`); null if none does.
   */
  copyOf(origin: string, revision: Revision): Promise<Revision | null>;
  /**
   * The newest revision, from `revision` backwards, made at or before `time` (ms since the epoch); null if all are
   * younger.
   */
  revisionAt(revision: Revision, time: number): Promise<Revision | null>;
  /** The revision before this one; null for the first one that is here. */
  parentOf(revision: Revision): Promise<Revision | null>;
  /**
   * The revisions behind `after` (the first of all if it is null) up to `to`, oldest first and without a gap: the parent
   * of each is the one before it. Laid over the files of `after` one by one, they give the files of each revision but for
   * what is odd. The same call gives the same revisions, whatever is published meanwhile. One revision at a time is in
   * memory. Where the older part of the history is cut off, it begins with all files of the first revision that is here.
   * Throws ConflictError if `after` is not on the line to `to`, RemoteError, InvalidStateError for damaged records.
   */
  whole(after: Revision | null, to: Revision): AsyncIterable<WholeRevision>;
  /**
   * The revisions that added files, from `revision` backwards, newest first.
   * @param ahead how many are likely to be read; more can be
   * @param from the likely end: revisions published before, in ms since the epoch, are likely not read; they can be
   */
  timeline(revision: Revision, ahead?: number, from?: number): AsyncIterable<TimelineEntry>;
  /**
   * For each of these files of `revision`: how many revisions, from `revision` backwards, precede the one that added
   * it.
   */
  placesOf(revision: Revision, paths: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /**
   * The files of `revision` that contain any of these texts, ignoring case; may include others. No text contains a line
   * end.
   */
  filesWith(revision: Revision, texts: readonly string[]): Promise<readonly string[]>;
}
