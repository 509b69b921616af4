import type { Revision } from '../../store/port/state-store.js';
import type { Git } from '../process/git.js';
import { isAncestor } from './revisions.js';

/** How commits lead to each other, as far as they are here. */
export interface Graph {
  /** Whether `newer` is `older` or descends from it. */
  isAncestor(older: Revision, newer: Revision): Promise<boolean>;
  haveCommonHistory(one: Revision, other: Revision): Promise<boolean>;
  /** Counts the commits that lead to `tip` and to none of `without`. */
  count(tip: Revision, ...without: readonly Revision[]): Promise<number>;
  /** Whether older commits may exist that are not here. */
  isShallow(): Promise<boolean>;
}

/** Asks the git program. */
export class GitGraph implements Graph {
  readonly #git: Git;

  constructor(git: Git) {
    this.#git = git;
  }

  isAncestor(older: Revision, newer: Revision): Promise<boolean> {
    return isAncestor(this.#git, older, newer);
  }

  async haveCommonHistory(one: Revision, other: Revision): Promise<boolean> {
    return one === other || (await this.#git.run(['merge-base', one, other])).code === 0;
  }

  async count(tip: Revision, ...without: readonly Revision[]): Promise<number> {
    const excluded = without.map((revision) => `^${revision}`);
    return Number(await this.#git.text(['rev-list', '--count', tip, ...excluded, '--']));
  }

  async isShallow(): Promise<boolean> {
    return (await this.#git.text(['rev-parse', '--is-shallow-repository'])) === 'true';
  }
}
