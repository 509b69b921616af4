import { stat } from '../../platform/small-files.js';
import { orIfGone } from '../../store/local/durable-files.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Objects } from '../objects/object-reader.js';
import { EMPTY_TREE, type TreeChange, treeChanges } from '../objects/tree-changes.js';
import { type Git, type GitResult, gitFailed } from '../process/git.js';
import { FewFiles } from './few-files.js';
import { IndexCopy } from './index-copy.js';
import type { Checkout } from './work-trees.js';

/** Called before the index is replaced; throws if that is no longer allowed. */
type Guard = () => Promise<void>;

/** Brings the files and the index of one checkout from one revision to another, in an order that loses nothing. */
export class TreeMove {
  readonly #git: Git;
  readonly #fewFiles: FewFiles;

  constructor(git: Git, objects: Objects) {
    this.#git = git;
    this.#fewFiles = new FewFiles(git, objects);
  }

  /** Looks at the few files of a move that may come, without a lock. Changes nothing. */
  async lookAhead(checkout: Checkout, from: Revision, to: Revision): Promise<void> {
    await this.#fewFiles.isClear({ ...checkout, index: IndexCopy.source(checkout.gitDir) }, from, to);
  }

  /** Why a checkout cannot move: the local edits that block it; null if it can. Changes nothing. */
  async obstacle(checkout: Checkout, from: Revision | null, to: Revision): Promise<string | null> {
    if (!(await orIfGone(stat(checkout.path), null)))
      return 'its folder is not there: git worktree repair, or git worktree prune';
    // Looking at a few files writes nothing, so it needs no copy.
    if (await this.#fewFiles.isClear({ ...checkout, index: IndexCopy.source(checkout.gitDir) }, from, to))
      return null;
    const index = await IndexCopy.of(checkout.gitDir);
    try {
      const look = () => this.#readTree(checkout, index, from ?? EMPTY_TREE, to, ['-n']);
      if ((await look()).code === 0) return null;
      // Files that were only touched look edited until the index is refreshed.
      await this.#run(checkout, index, ['update-index', '-q', '--refresh']);
      const { code, stderr } = await look();
      if (code === 0) return null;
      return stderr.trim().split('\n').slice(0, 5).join('; ') || 'local edits';
    } finally {
      await index.discard();
    }
  }

  /**
   * Brings files and index to `to`. New and changed files come first, removals last, and each half puts its index in
   * place after its files. So a commit by the user at any moment, with or without `-a`, keeps everything that is in
   * `from`, or its successor in `to`. Throws EnvironmentError.
   */
  async bring(checkout: Checkout, from: Revision | null, to: Revision, guard: Guard): Promise<void> {
    const start = from ?? EMPTY_TREE;
    const index = await IndexCopy.of(checkout.gitDir);
    try {
      if (await this.#fewFiles.bring({ ...checkout, index }, from, to)) {
        await guard();
        return await index.putInPlace();
      }
    } finally {
      await index.discard();
    }
    const changes = [...(await treeChanges(this.#git, start, to)).values()];
    const both = await this.#withWhatGoes(checkout, changes, to);
    if (both !== null) await this.#bringAtOnce(checkout, start, both, guard);
    await this.#bringAtOnce(checkout, both ?? start, to, guard);
  }

  async #bringAtOnce(checkout: Checkout, from: string, to: string, guard: Guard): Promise<void> {
    const index = await IndexCopy.of(checkout.gitDir);
    try {
      const move = () => this.#readTree(checkout, index, from, to);
      let result = await move();
      if (result.code !== 0) {
        await this.#run(checkout, index, ['update-index', '-q', '--refresh']);
        result = await move();
      }
      if (result.code !== 0) throw gitFailed(['read-tree'], result.code, result.stderr);
      await guard();
      await index.putInPlace();
    } finally {
      await index.discard();
    }
  }

  /** Writes a tree of all files in `to` and those that are to be removed; null if none are. */
  async #withWhatGoes(
    checkout: Checkout,
    changes: readonly TreeChange[],
    to: Revision,
  ): Promise<string | null> {
    const coming = changes.filter(({ after }) => after !== null).map(({ path }) => path);
    const files = new Set(coming);
    const folders = new Set(coming.flatMap(foldersAbove));
    // A file and a folder cannot have the same name.
    const hasRoom = (path: string) =>
      !folders.has(path) && !foldersAbove(path).some((name) => files.has(name));
    const leaving = changes.filter(({ path, after }) => after === null && hasRoom(path));
    if (leaving.length === 0) return null;
    const scratch = IndexCopy.none(checkout.gitDir);
    try {
      const input = leaving.map(({ path, before }) => `${before?.mode} ${before?.oid}\t${path}\0`).join('');
      const { env } = scratch;
      await this.#git.text(['read-tree', to], { env });
      await this.#git.text(['update-index', '-z', '--index-info'], { env, input });
      return await this.#git.text(['write-tree'], { env });
    } finally {
      await scratch.discard();
    }
  }

  #readTree(checkout: Checkout, index: IndexCopy, from: string, to: string, extra: readonly string[] = []) {
    return this.#run(checkout, index, ['read-tree', '-m', '-u', ...extra, from, to]);
  }

  #run({ gitDir, path }: Checkout, index: IndexCopy, args: readonly string[]): Promise<GitResult> {
    const words = [`--git-dir=${gitDir}`, `--work-tree=${path}`, ...args];
    return this.#git.run(words, { cwd: path, env: index.env });
  }
}

/** The folders that contain a path. */
function foldersAbove(path: string): string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, i) => names.slice(0, i + 1).join('/'));
}
