import { dirname, join, resolve } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { lstat, readdir, readFile } from '../../platform/small-files.js';
import { orIfGone } from '../../store/local/durable-files.js';

/** A work tree that has the state branch checked out. */
export interface Checkout {
  readonly gitDir: string;
  readonly path: string;
}

/** An operation that the user has not finished in a work tree, such as `a merge`. */
export interface Unfinished {
  readonly path: string;
  readonly what: string;
}

/** Files and folders that git keeps while an operation on the checked-out branch is unfinished. */
const ON_BRANCH: readonly (readonly [string, string])[] = [
  ['MERGE_HEAD', 'a merge'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick'],
  ['REVERT_HEAD', 'a revert'],
  ['sequencer', 'a cherry-pick or a revert'],
  ['rebase-merge', 'a rebase'],
  ['rebase-apply', 'a rebase, or git am,'],
];

/** Files that name a branch which git will return to, or move at the end, while HEAD is elsewhere. */
const NAMES_BRANCH: readonly (readonly [string, string])[] = [
  ['rebase-merge/head-name', 'a rebase'],
  ['rebase-merge/update-refs', 'a rebase'],
  ['rebase-apply/head-name', 'a rebase'],
  ['BISECT_START', 'a bisect'],
];

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await orIfGone(lstat(path), null)) !== null;
}

/** The work trees of a repository, and which of them have the state branch checked out. */
export class WorkTrees {
  readonly #commonDir: string;
  readonly #mainPath: string | null;
  readonly #branch: string;

  /** @param mainPath the main work tree; null in a bare repository */
  constructor(place: { commonDir: string; mainPath: string | null; branch: string }) {
    this.#commonDir = place.commonDir;
    this.#mainPath = place.mainPath;
    this.#branch = place.branch;
  }

  /** The git folders of all work trees, each with its own index, always in the same order. */
  async gitDirs(): Promise<string[]> {
    const linked = join(this.#commonDir, 'worktrees');
    const names = await orIfGone(readdir(linked), []);
    const found = names.sort().map((name) => join(linked, name));
    const isWorkTree = await Promise.all(found.map((gitDir) => isThere(join(gitDir, 'HEAD'))));
    const main = this.#mainPath === null ? [] : [this.#commonDir];
    return [...main, ...found.filter((_, i) => isWorkTree[i])];
  }

  /** The checkouts of the branch, linked work trees included. */
  async checkouts(): Promise<Checkout[]> {
    const found: Checkout[] = [];
    for (const gitDir of await this.gitDirs()) {
      if ((await textOf(join(gitDir, 'HEAD')))?.trim() !== `ref: refs/heads/${this.#branch}`) continue;
      found.push({ gitDir, path: await this.pathOf(gitDir) });
    }
    return found;
  }

  /** The folder with the files of a work tree. */
  async pathOf(gitDir: string): Promise<string> {
    if (gitDir === this.#commonDir && this.#mainPath !== null) return this.#mainPath;
    return dirname(resolve(gitDir, (await readFile(join(gitDir, 'gitdir'), 'utf8')).trim()));
  }

  /**
   * The user's unfinished operation that blocks the branch, because git will go on from where it was; null if there is
   * none.
   */
  async unfinished(): Promise<Unfinished | null> {
    const checkouts = await this.checkouts();
    for (const { gitDir, path } of checkouts)
      for (const [name, what] of ON_BRANCH) if (await isThere(join(gitDir, name))) return { path, what };
    for (const gitDir of await this.gitDirs())
      for (const [name, what] of NAMES_BRANCH) {
        const lines = (await textOf(join(gitDir, name)))?.split('\n').map((line) => line.trim());
        if (lines?.some((line) => line === `refs/heads/${this.#branch}` || line === this.#branch))
          return { path: await this.pathOf(gitDir), what };
      }
    return null;
  }
}
