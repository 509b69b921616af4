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
   * The newest revision, from `revision` backwards, made at or before `time` (ms since the epoch); null if all are
   * younger.
   */
  revisionAt(revision: Revision, time: number): Promise<Revision | null>;
  /** The revision before this one; null for the first one that is here. */
  parentOf(revision: Revision): Promise<Revision | null>;
  /** The revisions that added files, from `revision` backwards, newest first. */
  timeline(revision: Revision): AsyncIterable<TimelineEntry>;
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
