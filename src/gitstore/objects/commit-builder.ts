import { MAX_AHEAD_MS } from '../../model/event/event-time.js';
import type { Actor } from '../../model/operation/operation.js';
import type { Clock } from '../../store/port/host.js';
import type { Commit, Revision } from '../../store/port/state-store.js';
import { namedCommitter } from './committer.js';
import type { Chain } from './fast-import.js';
import type { Objects } from './object-reader.js';

export interface CommitBuilderOptions {
  readonly committer: Actor;
  readonly clock: Clock;
  /** Throws RefusedError if a filter would change one of these paths on top of `base`. */
  readonly refuseFiltered: (base: Revision | null, paths: readonly string[]) => Promise<void>;
  /** Makes the commits of a chain; no ref points to them yet. Throws EnvironmentError. */
  readonly make: (commits: readonly Commit[], chain: Chain) => Promise<Made>;
}

/** Commits that were made. */
export interface Made {
  readonly revisions: Revision[];
  /** The pack that has all their objects: its path without the ending. Absent if they are not in one pack. */
  readonly pack?: string;
}

/** Whether a setting of git is on, by git's rules for booleans. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(true|yes|on|[1-9]\d*)$/i.test(value);
}

/** The commits that were built. */
export interface Built extends Made {
  /** Notes for the user. */
  readonly notes: readonly string[];
}

/**
 * A note if the last commit is dated ahead of this clock. One of the two clocks is wrong, but which one is unknown
 * here.
 */
function clockNotes(aheadMs: number): string[] {
  if (aheadMs <= MAX_AHEAD_MS) return [];
  const minutes = Math.round(aheadMs / 60_000);
  return [
    `the last commit is dated ${minutes} minutes ahead of this clock: this machine's clock or that of who wrote it is wrong; 'kgit doctor' compares this one with the remote's`,
  ];
}

/** Builds commits as the user's git would: dates in order, signed if git is set up to sign. */
export class CommitBuilder {
  readonly #reader: Objects;
  readonly #options: CommitBuilderOptions;

  constructor(reader: Objects, options: CommitBuilderOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  /** Builds a chain of commits on `base`. Throws RefusedError for a filtered path, EnvironmentError. */
  async build(base: Revision | null, commits: readonly Commit[]): Promise<Built> {
    if (commits.length === 0) return { revisions: [], notes: [] };
    const committer = await namedCommitter(this.#options.committer);
    const written = commits.flatMap(({ files }) =>
      [...files].flatMap(([path, text]) => (text === null ? [] : path)),
    );
    await this.#options.refuseFiltered(base, [...new Set(written)]);
    const now = this.#options.clock.now();
    const before = await this.#committed(base);
    const committed: number[] = [];
    for (const { published = now } of commits)
      committed.push(Math.max(Math.floor(published / 1000), committed.at(-1) ?? before));
    const chain = { base, committer, committed };
    const notes = clockNotes(before * 1000 - now);
    return { ...(await this.#options.make(commits, chain)), notes };
  }

  /** When the base was committed, in seconds since the epoch; 0 if there is none. */
  async #committed(base: Revision | null): Promise<number> {
    const object = base ? await this.#reader.read(base) : null;
    const date = /^committer .*> (\d+) [+-]\d{4}$/m.exec(object?.data.toString('utf8') ?? '');
    return Number(date?.[1] ?? 0);
  }
}
