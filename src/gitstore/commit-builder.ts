import type { Actor } from '../model/operation.js';
import type { Clock } from '../store/host.js';
import type { Commit, Revision } from '../store/state-store.js';
import { namedCommitter } from './committer.js';
import { buildCommits } from './fast-import.js';
import { FilteredPaths } from './filtered-paths.js';
import type { Git } from './git.js';
import type { ObjectReader } from './object-reader.js';
import type { Repository } from './repository.js';
import { signCommits } from './sign-commits.js';

export interface CommitBuilderOptions {
  readonly repository: Repository;
  readonly committer: Actor;
  readonly clock: Clock;
}

/** Whether a setting of git is on, as git reads truth values. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(true|yes|on|[1-9]\d*)$/i.test(value);
}

/** Builds commits as the user's git would have made them: dates in order, signed where git is set up to sign. */
export class CommitBuilder {
  readonly #git: Git;
  readonly #reader: ObjectReader;
  readonly #options: CommitBuilderOptions;
  readonly #filtered: FilteredPaths;

  constructor(git: Git, reader: ObjectReader, options: CommitBuilderOptions) {
    this.#git = git;
    this.#reader = reader;
    this.#options = options;
    const { commonDir, config } = options.repository;
    this.#filtered = new FilteredPaths(git, reader, {
      commonDir,
      configured: config.get('core.attributesfile'),
    });
  }

  /**
   * A chain of commits on `base`, and beside it the commit of an offer. Throws RefusedError for a filtered path,
   * EnvironmentError.
   */
  async build(
    base: Revision | null,
    commits: readonly Commit[],
    offer: string | null = null,
  ): Promise<{ revisions: Revision[]; offer: Revision | null }> {
    if (commits.length === 0) return { revisions: [], offer: null };
    const { repository } = this.#options;
    const committer = await namedCommitter(this.#options.committer);
    const written = commits.flatMap(({ files }) =>
      [...files].flatMap(([path, text]) => (text === null ? [] : path)),
    );
    await this.#filtered.refuse(base, [...new Set(written)]);
    const chain = { base, committer, committed: await this.#committed(base), offer };
    const made = await buildCommits(this.#git, commits, chain);
    const unsigned = made.slice(0, commits.length);
    const offered = made[commits.length] ?? null;
    if (!isOn(repository.config.get('commit.gpgsign'))) return { revisions: unsigned, offer: offered };
    const revisions = await signCommits(this.#git, this.#reader, unsigned, commits, chain);
    return { revisions, offer: offered };
  }

  /** Seconds since the epoch; never before the base's, so that dates do not go backwards along the branch. */
  async #committed(base: Revision | null): Promise<number> {
    const now = Math.floor(this.#options.clock.now() / 1000);
    const object = base ? await this.#reader.read(base) : null;
    const date = /^committer .*> (\d+) [+-]\d{4}$/m.exec(object?.data.toString('utf8') ?? '');
    return Math.max(now, Number(date?.[1] ?? 0));
  }
}
