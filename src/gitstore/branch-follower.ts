import type { Revision } from '../store/state-store.js';
import type { Ancestry } from './ancestry.js';
import type { Checkouts } from './checkouts.js';
import type { Git } from './git.js';
import type { Refs } from './refs.js';

/** Brings the user's own branch, and the checkouts of it, to what was published. */
export class BranchFollower {
  readonly #git: Git;
  readonly #refs: Refs;
  readonly #checkouts: Checkouts;
  readonly #ancestry: Ancestry;
  readonly #branch: string;
  readonly #branchRef: string;

  constructor(git: Git, refs: Refs, checkouts: Checkouts, ancestry: Ancestry, branch: string) {
    this.#git = git;
    this.#refs = refs;
    this.#checkouts = checkouts;
    this.#ancestry = ancestry;
    this.#branch = branch;
    this.#branchRef = `refs/heads/${branch}`;
  }

  /** Where the user's branch is; null where there is none. */
  async tip(): Promise<Revision | null> {
    return (await this.#refs.read([this.#branchRef])).get(this.#branchRef) ?? null;
  }

  /**
   * Moves branch and checkouts to the published tip where nothing is in the way: commits of the user's own and local
   * edits stay as they are, and a note says so.
   * @param base an ancestor of the tip
   * @param tracking kgit's own ref that goes to the tip, too, and in any case
   */
  async follow(tip: Revision, base: Revision | null, tracking: string | null): Promise<string[]> {
    const { local, checkouts, notes } = await this.#wayTo(tip, base);
    if (notes === null) {
      await this.#checkouts.begin(checkouts, local, tip);
      if (await this.#refs.move(this.#branchRef, local, tip, tracking))
        return this.#checkouts.finish(async () => tip);
    }
    if (tracking) await this.#refs.set(tracking, tip);
    return notes ?? [];
  }

  /** Where the user's branch and its checkouts stand, and why they are to stay there; null where they can go to the tip. */
  async #wayTo(tip: Revision, base: Revision | null) {
    const checkouts = await this.#checkouts.list();
    const local = await this.tip();
    const staying = (...notes: string[]) => ({ local, checkouts, notes });
    if (local === tip || (local === null && checkouts.length === 0)) return staying();
    if (local !== null && local !== base && !(await this.#ancestry.isAncestor(local, tip)))
      return staying(
        `your branch ${this.#branch} has commits that the remote does not have, so it was left where it is`,
      );
    for (const checkout of checkouts) {
      const obstacle = await this.#checkouts.obstacle(checkout, local, tip);
      if (obstacle)
        return staying(
          `${checkout.path} was left where it is: ${obstacle}; commit or stash, then 'kgit sync'`,
        );
    }
    return { local, checkouts, notes: null };
  }

  /** How many revisions the checkouts are behind the tip. */
  async behind(tip: Revision | null): Promise<number> {
    if (tip === null || (await this.#checkouts.list()).length === 0) return 0;
    const local = await this.tip();
    const range = local ? `${local}..${tip}` : tip;
    return Number(await this.#git.text(['rev-list', '--count', '--first-parent', range, '--']));
  }
}
