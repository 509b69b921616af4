import { dirname, join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { lstat, readFile, rmdir, unlink } from '../../platform/small-files.js';
import { orIfGone } from '../../store/local/durable-files.js';
import {
  EMPTY_TREE,
  parseChanges,
  type TreeChange,
  type TreeFile,
  treeChanges,
} from '../objects/tree-changes.js';
import type { Git } from '../process/git.js';
import { hasModes, recordedMode } from './file-modes.js';
import { IndexCopy } from './index-copy.js';
import type { Move } from './move-journal.js';
import type { Checkout } from './work-trees.js';

/** Files in conflict are left for the user to resolve. */
const RAW_DIFF = ['--raw', '-z', '--no-renames', '--no-abbrev', '--diff-filter=u'];

/** A file as it stands in the work tree; its mode is null where modes say nothing. */
type StandingFile = Omit<TreeFile, 'mode'> & { readonly mode: string | null };

const isSame = (a: StandingFile | null, b: TreeFile | null) =>
  a?.oid === b?.oid && (a?.mode === null || a?.mode === b?.mode);

/** A file that an interrupted move left different from the commit that is checked out. */
interface Stray {
  readonly path: string;
  /** The file in that commit; null if it has none. */
  readonly wanted: TreeFile | null;
  readonly isIndexWrong: boolean;
  readonly isFileWrong: boolean;
}

/**
 * Completes an interrupted move in one checkout, whatever the user did since. If a file of the move has its old or new
 * version in the index or in the work tree, and the commit that is checked out has the other one, the file is brought
 * to that commit. Everything else is the user's own, and stays.
 */
export class SettleCheckout {
  readonly #git: Git;
  readonly #checkout: Checkout;
  readonly #index: IndexCopy;

  private constructor(git: Git, checkout: Checkout, index: IndexCopy) {
    this.#git = git;
    this.#checkout = checkout;
    this.#index = index;
  }

  /** Settles one checkout, whose index must be locked. Throws EnvironmentError. */
  static async of(git: Git, checkout: Checkout, { from, to }: Move): Promise<void> {
    await IndexCopy.removeLeftBehind(checkout.gitDir);
    const index = await IndexCopy.of(checkout.gitDir);
    try {
      const settling = new SettleCheckout(git, checkout, index);
      const changes = await treeChanges(git, from ?? EMPTY_TREE, to);
      await settling.#mend(await settling.#strays(changes));
    } finally {
      await index.discard();
    }
  }

  get #words(): string[] {
    return [`--git-dir=${this.#checkout.gitDir}`, `--work-tree=${this.#checkout.path}`];
  }

  get #call() {
    return { cwd: this.#checkout.path, env: this.#index.env };
  }

  #run(args: readonly string[], input = ''): Promise<string> {
    return this.#git.text([...this.#words, ...args], { ...this.#call, input });
  }

  async #strays(changes: ReadonlyMap<string, TreeChange>): Promise<Stray[]> {
    const asked = ['rev-parse', '--quiet', '--verify', 'HEAD^{tree}'];
    const head = await this.#git.run([...this.#words, ...asked], this.#call);
    const tree = head.stdout.toString('utf8').trim() || EMPTY_TREE;
    const committed = await this.#committed(tree, changes);
    const staged = parseChanges(await this.#run(['diff-index', '--cached', ...RAW_DIFF, tree, '--']));
    const files = await this.#files(changes);
    return [...changes.values()].flatMap((change) => {
      const { path } = change;
      const isKnown = (file: StandingFile | null) =>
        isSame(file, change.before) || isSame(file, change.after);
      const wanted = committed.get(path) ?? null;
      const difference = staged.get(path);
      const inIndex = difference ? difference.after : wanted;
      if (!isKnown(wanted) || !isKnown(inIndex)) return [];
      const isIndexWrong = difference !== undefined;
      const file = files.get(path);
      // If the index is right, a file in its old version is the user's own edit.
      const isOurs = isIndexWrong || isSame(wanted, change.before);
      const isFileWrong = file !== undefined && isKnown(file) && !isSame(file, wanted) && isOurs;
      return isIndexWrong || isFileWrong ? [{ path, wanted, isIndexWrong, isFileWrong }] : [];
    });
  }

  /** These files in the commit that is checked out. */
  async #committed(tree: string, changes: ReadonlyMap<string, TreeChange>): Promise<Map<string, TreeFile>> {
    const listed = (await this.#run(['ls-tree', '-r', '-z', '--full-tree', tree])).split('\0');
    const found = new Map<string, TreeFile>();
    for (const line of listed) {
      const [, mode, oid, path] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      if (mode && oid && path !== undefined && changes.has(path)) found.set(path, { mode, oid });
    }
    return found;
  }

  /** These files in the work tree: null for a missing one; anything but a regular file is left out. */
  async #files(changes: ReadonlyMap<string, TreeChange>): Promise<Map<string, StandingFile | null>> {
    const found = new Map<string, StandingFile | null>();
    const present: { path: string; mode: string | null }[] = [];
    const isTold = await hasModes(this.#git, this.#words, this.#call);
    for (const path of changes.keys()) {
      if (path.includes('\n') || path.startsWith('"')) continue;
      const stats = await this.#lstat(path);
      if (stats === null) found.set(path, null);
      else if (stats?.isFile()) present.push({ path, mode: isTold ? recordedMode(stats) : null });
    }
    if (present.length === 0) return found;
    const names = present.map(({ path }) => `${path}\n`).join('');
    const oids = (await this.#run(['hash-object', '--stdin-paths'], names)).split('\n');
    for (const [i, { path, mode }] of present.entries()) found.set(path, { mode, oid: oids[i] ?? '' });
    return found;
  }

  /**
   * Stats of a path, without following a link on the way to it; null if nothing is there, undefined if a link or a file
   * is in its way.
   */
  async #lstat(path: string) {
    const names = path.split('/');
    for (let i = 1; i < names.length; i++) {
      const folder = await orIfGone(lstat(join(this.#checkout.path, ...names.slice(0, i))), null);
      if (folder === null) return null;
      if (!folder.isDirectory()) return undefined;
    }
    return orIfGone(lstat(join(this.#checkout.path, path)), null);
  }

  async #mend(strays: readonly Stray[]): Promise<void> {
    if (strays.length === 0) return;
    const hidden = await this.#leftOutOnPurpose();
    const entries = strays.map(({ path, wanted }) =>
      wanted ? `${wanted.mode} ${wanted.oid}\t${path}\0` : `0 ${'0'.repeat(40)}\t${path}\0`,
    );
    await this.#run(['update-index', '-z', '--index-info'], entries.join(''));
    const shown = strays.filter(({ path, wanted }) => wanted !== null && !hidden.has(path));
    const missing = strays.filter(({ path, wanted }) => wanted !== null && hidden.has(path));
    if (missing.length > 0)
      await this.#run(['update-index', '-z', '--skip-worktree', '--stdin'], named(missing));
    const wrong = shown.filter(({ isFileWrong }) => isFileWrong);
    await this.#run(['checkout-index', '-f', '-u', '-z', '--stdin'], named(wrong));
    await this.#git.run([...this.#words, 'update-index', '-q', '--refresh'], this.#call);
    await this.#index.putInPlace();
    for (const { path, wanted, isFileWrong } of strays)
      if (wanted === null && isFileWrong) await this.#remove(path);
  }

  /** The files that a sparse checkout leaves out. */
  async #leftOutOnPurpose(): Promise<Set<string>> {
    const list = join(this.#checkout.gitDir, 'info', 'sparse-checkout');
    if ((await orIfGone(readFile(list), null)) === null) return new Set();
    const entries = (await this.#run(['ls-files', '-t', '-z'])).split('\0');
    return new Set(entries.filter((entry) => entry.startsWith('S ')).map((entry) => entry.slice(2)));
  }

  async #remove(path: string): Promise<void> {
    await unlink(join(this.#checkout.path, path));
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      try {
        await rmdir(join(this.#checkout.path, folder));
      } catch (error) {
        if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return;
        throw error;
      }
    }
  }
}

const named = (strays: readonly Stray[]) => strays.map(({ path }) => `${path}\0`).join('');
