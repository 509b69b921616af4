import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ConflictError } from '../errors.js';
import { hasCode, privateFolder, removeFile, replaceDurably } from '../store/durable-files.js';
import type { Revision } from '../store/state-store.js';
import { FewFiles } from './few-files.js';
import { type Git, type GitResult, gitFailed } from './git.js';

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const RETRIES = 20;
const RETRY_MS = 100;
/** The user's own git is at the index, for a moment as a rule. */
const INDEX_HELD = /index\.lock/;

/** A work tree that has the state branch checked out. */
export interface Checkout {
  readonly gitDir: string;
  readonly path: string;
}

/** A move of checkouts that was begun: kept on disk until it is done, for a process may die in between. */
interface Move {
  readonly checkouts: readonly Checkout[];
  readonly from: Revision | null;
  readonly to: Revision;
}

async function headOf(gitDir: string): Promise<string | null> {
  try {
    return (await readFile(join(gitDir, 'HEAD'), 'utf8')).trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/**
 * The work trees of a repository that have the state branch checked out. Its index and files must move
 * together with the branch, or the user's next commit would take the new files away again.
 */
export class Checkouts {
  readonly #git: Git;
  readonly #fewFiles: FewFiles;
  readonly #commonDir: string;
  readonly #mainPath: string | null;
  readonly #head: string;
  readonly #journal: string;
  readonly #sleep: (ms: number) => Promise<void>;

  /**
   * @param mainPath the main work tree; null in a bare repository
   * @param folder the clone's `kgit` folder
   */
  constructor(
    git: Git,
    place: { commonDir: string; mainPath: string | null; folder: string; branch: string },
    sleep: (ms: number) => Promise<void>,
  ) {
    this.#git = git;
    this.#fewFiles = new FewFiles(git);
    this.#commonDir = place.commonDir;
    this.#mainPath = place.mainPath;
    this.#head = `ref: refs/heads/${place.branch}`;
    this.#journal = join(place.folder, 'checkout.json');
    this.#sleep = sleep;
  }

  /** The checkouts of the branch, linked work trees included. */
  async list(): Promise<Checkout[]> {
    const found: Checkout[] = [];
    if (this.#mainPath && (await headOf(this.#commonDir)) === this.#head) {
      found.push({ gitDir: this.#commonDir, path: this.#mainPath });
    }
    const linked = join(this.#commonDir, 'worktrees');
    const names = await readdir(linked).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    });
    for (const name of names) {
      const gitDir = join(linked, name);
      if ((await headOf(gitDir)) !== this.#head) continue;
      const path = dirname(resolve(gitDir, (await readFile(join(gitDir, 'gitdir'), 'utf8')).trim()));
      found.push({ gitDir, path });
    }
    return found;
  }

  #readTree(checkout: Checkout, from: Revision | null, to: Revision, extra: readonly string[] = []) {
    const args = [`--git-dir=${checkout.gitDir}`, `--work-tree=${checkout.path}`];
    return this.#git.run([...args, 'read-tree', '-m', '-u', ...extra, from ?? EMPTY_TREE, to], {
      cwd: checkout.path,
    });
  }

  /**
   * Why a checkout cannot move from one revision to another: the paths of local edits in the way; null when it can.
   * Throws EnvironmentError when another git holds its index for long.
   */
  async obstacle(checkout: Checkout, from: Revision | null, to: Revision): Promise<string | null> {
    if (await this.#fewFiles.isClear(checkout, from, to)) return null;
    if ((await this.#readTree(checkout, from, to, ['-n'])).code === 0) return null;
    const args = [`--git-dir=${checkout.gitDir}`, `--work-tree=${checkout.path}`];
    for (let attempt = 0; ; attempt++) {
      // Files that were only touched look edited until the index is refreshed.
      await this.#git.run([...args, 'update-index', '-q', '--refresh'], { cwd: checkout.path });
      const { code, stderr } = await this.#readTree(checkout, from, to, ['-n']);
      if (code === 0) return null;
      if (!INDEX_HELD.test(stderr)) return stderr.trim().split('\n').slice(0, 5).join('; ') || 'local edits';
      if (attempt === RETRIES) throw gitFailed(['read-tree'], code, stderr);
      await this.#sleep(RETRY_MS);
    }
  }

  /** Notes a move before the branch moves, so that `finish` can end it whatever happens. */
  async begin(checkouts: readonly Checkout[], from: Revision | null, to: Revision): Promise<void> {
    if (checkouts.length === 0) return;
    const move: Move = { checkouts, from, to };
    await privateFolder(dirname(this.#journal));
    await replaceDurably(this.#journal, JSON.stringify(move));
  }

  /**
   * Ends a begun move: brings index and files of each checkout to the branch. Notes say what stayed behind.
   * @param tip tells where the branch is now
   */
  async finish(tip: () => Promise<Revision | null>): Promise<string[]> {
    const move = await this.#begun();
    if (!move) return [];
    // A swap that did not happen has nothing to finish.
    if (move.to !== (await tip())) {
      await removeFile(this.#journal);
      return [];
    }
    const notes: string[] = [];
    for (const checkout of move.checkouts) {
      const failure = await this.#advance(checkout, move);
      if (failure) notes.push(`the files in ${checkout.path} are behind the branch: ${failure}`);
    }
    if (notes.length === 0) await removeFile(this.#journal);
    return notes;
  }

  /** Whether a move was begun and not finished. */
  async isMoving(): Promise<boolean> {
    return (await this.#begun()) !== null;
  }

  async #begun(): Promise<Move | null> {
    try {
      return JSON.parse(await readFile(this.#journal, 'utf8')) as Move;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return null;
      throw error;
    }
  }

  async #move(checkout: Checkout, from: Revision | null, to: Revision): Promise<GitResult> {
    const brought = await this.#fewFiles.bring(checkout, from, to);
    const isOver = brought && (brought.code === 0 || INDEX_HELD.test(brought.stderr));
    // Whatever else came between, git says best what it is.
    return isOver ? brought : this.#readTree(checkout, from, to);
  }

  async #advance(checkout: Checkout, { from, to }: Move): Promise<string | null> {
    for (let attempt = 0; ; attempt++) {
      const { code, stderr } = await this.#move(checkout, from, to);
      if (code === 0) return null;
      if (!INDEX_HELD.test(stderr) || attempt === RETRIES)
        return stderr.trim().split('\n')[0] || 'git read-tree was stopped';
      await this.#sleep(RETRY_MS);
    }
  }
}

/** The error of a write that local edits in a checkout are in the way of. */
export function blockedBy(path: string, obstacle: string): ConflictError {
  return new ConflictError(`files that you changed in ${path} are in the way: ${obstacle}`, {
    data: { path, expected: 'files as committed', actual: 'local edits' },
    suggestions: ['Commit or stash them (git status shows them), then write again'],
  });
}
