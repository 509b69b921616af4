import { EnvironmentError } from '../../errors.js';
import { isOfSystem } from '../../model/value/error-codes.js';
import type { Head, Revision } from '../../store/port/state-store.js';
import type { WorkingCopy } from '../../store/port/working-copy.js';
import type { BranchFollower } from '../branch/branch-follower.js';
import type { LeftBehind } from '../branch/left-behind.js';
import type { MovingRefs } from '../branch/moving-refs.js';
import type { Git } from '../process/git.js';
import { lacksMergeDriver, registerMergeDriver } from '../repository/merge-driver.js';
import type { Repository } from '../repository/repository.js';
import type { Checkouts } from './checkouts.js';

export interface GitWorkingCopyParts {
  /** Aimed at the repository's common folder. */
  readonly git: Git;
  /** Runs in the user's folder, since a linked worktree has its own HEAD; null if nothing is checked out. */
  readonly standing: Git | null;
  readonly repository: Repository;
  readonly refs: MovingRefs;
  readonly checkouts: Checkouts;
  readonly follower: BranchFollower;
  readonly leftBehind: Pick<LeftBehind, 'forget'>;
  readonly isRemote: boolean;
  readonly head: () => Promise<Head>;
}

/** Runs what looks at the work trees. Throws EnvironmentError where the system refuses, as with a file in place of a folder. */
async function looking<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error && isOfSystem(error))) throw error;
    throw new EnvironmentError(`the checkouts cannot be looked at: ${error.message}`, {
      cause: error,
      suggestions: ["See which work trees there are, and which are broken: 'git worktree list'"],
    });
  }
}

/** The user's own branch and its checkouts. */
export class GitWorkingCopy implements WorkingCopy {
  readonly #parts: GitWorkingCopyParts;

  constructor(parts: GitWorkingCopyParts) {
    this.#parts = parts;
  }

  async checkedOut(): Promise<Revision | null> {
    const { standing } = this.#parts;
    if (standing === null) return null;
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', 'HEAD^{commit}'];
    const { code, stdout } = await standing.run(args);
    return code === 0 ? stdout.toString('utf8').trim() : null;
  }

  async prepare(): Promise<void> {
    const { git, repository } = this.#parts;
    if (lacksMergeDriver(repository)) await registerMergeDriver(git);
  }

  async settle(): Promise<readonly string[]> {
    await this.#parts.refs.removeLeftBehind();
    return looking(() => this.#parts.checkouts.settle());
  }

  async follow(): Promise<readonly string[]> {
    const { follower, leftBehind, isRemote, head } = this.#parts;
    const { revision } = await head();
    if (revision === null || !isRemote) return [];
    return looking(async () => {
      const notes = await follower.follow(revision);
      if (notes.length === 0) await leftBehind.forget();
      return notes;
    });
  }

  async behind(): Promise<number> {
    return this.#parts.follower.behind((await this.#parts.head()).revision);
  }
}
