import type { CutOff, History, TimelineEntry, WholeRevision } from '../../store/port/history.js';
import type { Revision } from '../../store/port/state-store.js';
import type { ObjectReader } from '../objects/object-reader.js';
import type { Git } from '../process/git.js';
import { filesWith, placesOf } from './places.js';
import type { Line } from './printed-commits.js';
import { copyOf, resolveRevision, revisionAt } from './revisions.js';
import { timeline } from './timeline.js';

/**
 * How users of git find and name revisions.
 * @param remote name of the remote; null for a purely local repository
 */
export function naming(remote: string | null): [string, ...string[]] {
  const log = "See 'git log' for revisions";
  if (remote === null) return [log];
  return [log, `'git fetch ${remote}' brings its branches; they are then named ${remote}/BRANCH`];
}

/** @param remote name of the remote; null for a purely local repository */
export function cutOff(remote: string | null): CutOff {
  const remedy = 'git fetch --unshallow';
  return {
    why: 'this clone is shallow',
    remedy,
    remedyFor: (...revisions) => [remedy, remote ?? 'origin', ...revisions].join(' '),
    inCi: 'have the checkout fetch all of it (fetch-depth: 0, GIT_DEPTH: "0")',
  };
}

/** The commits of the state branch, along first parents. */
export class GitHistory implements History {
  readonly cutOff: CutOff | null;
  readonly naming: readonly [string, ...string[]];
  readonly #git: Git;
  readonly #reader: ObjectReader;
  readonly #line: Line;

  constructor(git: Git, reader: ObjectReader, line: Line, isShallow: boolean, remote: string | null) {
    this.#git = git;
    this.#line = line;
    this.#reader = reader;
    this.cutOff = isShallow ? cutOff(remote) : null;
    this.naming = naming(remote);
  }

  resolve(name: string): Promise<Revision | null> {
    return resolveRevision(this.#git, name);
  }

  copyOf(origin: string, revision: Revision): Promise<Revision | null> {
    return copyOf(this.#git, origin, revision);
  }

  revisionAt(revision: Revision, time: number): Promise<Revision | null> {
    return revisionAt(this.#git, revision, time);
  }

  parentOf(revision: Revision): Promise<Revision | null> {
    return resolveRevision(this.#git, `${revision}^1`);
  }

  async *whole(after: Revision | null, to: Revision): AsyncGenerator<WholeRevision> {
    // Loaded late: few commands copy a history.
    const { wholeRevisions } = await import('./whole-revisions.js');
    yield* wholeRevisions(this.#line, this.#reader, after, to);
  }

  timeline(revision: Revision, ahead?: number, from?: number): AsyncIterable<TimelineEntry> {
    // The files that the next revisions added are about to be read: both processes start side by side.
    const onStart = ahead === undefined ? undefined : () => this.#reader.begin();
    return timeline(this.#git, revision, { ahead, from, onStart });
  }

  placesOf(revision: Revision, paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return placesOf(this.#git, this.#reader, revision, paths);
  }

  filesWith(revision: Revision, texts: readonly string[]): Promise<readonly string[]> {
    return filesWith(this.#git, revision, texts);
  }
}
