import type { Revision } from './state-store.js';

/** The paths that one revision added, for the time line. */
export interface TimelineEntry {
  readonly revision: Revision;
  readonly added: readonly string[];
}

/** Why the older part of a history is not here, and how to get it. */
export interface CutOff {
  /** A clause: `this clone is shallow`. */
  readonly why: string;
  /** A command for the user. */
  readonly remedy: string;
}

/**
 * The revisions of a store, on the one line that its head moves along.
 * `test/support/history-contract.ts` says what each method must do.
 */
export interface History {
  /** Null where the whole line is here. */
  readonly cutOff: CutOff | null;
  /** How users find and name revisions, as suggestions: where to look them up first. */
  readonly naming: readonly [string, ...string[]];
  /** The revision that `name` means, such as a tag or an abbreviated id; null where there is none. */
  resolve(name: string): Promise<Revision | null>;
  /** The newest revision, from `revision` backwards, that was made at `time` (ms since the epoch) or before; null where all are younger. */
  revisionAt(revision: Revision, time: number): Promise<Revision | null>;
  /** The revision before this one; null for the first one that is here. */
  parentOf(revision: Revision): Promise<Revision | null>;
  /** The revisions that added files, from `revision` backwards, newest first. */
  timeline(revision: Revision): AsyncIterable<TimelineEntry>;
  /** How many revisions stand, from `revision` backwards, before the one that added each of these files of it. */
  placesOf(revision: Revision, paths: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The files of `revision` that hold any of these texts, none of which has a line end, in any case of letters; perhaps some more. */
  filesWith(revision: Revision, texts: readonly string[]): Promise<readonly string[]>;
}
