import { join } from 'node:path';
import { EnvironmentError, InvalidStateError } from '../../errors.js';
import { hasCode, isOfSystem } from '../../model/value/error-codes.js';
import { lstat, readFile } from '../../platform/small-files.js';
import { orIfGone } from '../../store/local/durable-files.js';
import type { Revision } from '../../store/port/state-store.js';
import { EXECUTABLE_FILE, PLAIN_FILE, parseCommit } from '../embedded/object-formats.js';
import { objectId } from '../embedded/packs/index-pack.js';
import { type Trees, treeDifferences } from '../embedded/tree-edits.js';
import type { Objects } from '../objects/object-reader.js';
import type { TreeChange, TreeFile } from '../objects/tree-changes.js';
import type { Git, GitResult } from '../process/git.js';
import { hasModes, recordedMode } from './file-modes.js';
import { type IndexCopy, indexIdentity } from './index-copy.js';

/** Up to this many files are checked one by one; for more, git itself finds out what blocks the move. */
const FEW = 100;
/** Largest file in a work tree that is compared here, in bytes. */
const MAX_FILE = 16 * 1024 * 1024;

/** A work tree, its git folder, and the copy of its index to work on. */
export interface Place {
  readonly gitDir: string;
  readonly path: string;
  readonly index: Pick<IndexCopy, 'path' | 'env'>;
}

/** A move of a work tree: its files, all new or changed. */
interface Move {
  readonly changes: readonly TreeChange[];
  /** The index, and the missing paths, with which it was found to hold nothing by the user for these files; null if none. */
  clearWith: string | null;
}

/**
 * Moves a work tree by a few files, and checks each of them itself. `git read-tree -m -u` compares the whole index, so
 * its time grows with the clone, and it has to run twice: to check, and to move.
 */
export class FewFiles {
  readonly #git: Git;
  readonly #trees: Trees;
  readonly #moves = new Map<string, Promise<Move | null>>();

  constructor(git: Git, objects: Objects) {
    this.#git = git;
    this.#trees = {
      need: async (oid, type) => {
        const object = await objects.read(oid);
        if (object?.type === type) return object;
        throw new EnvironmentError(`the ${type} ${oid} is missing`, {
          suggestions: [
            "See which objects are missing with 'git fsck'; a fresh clone has what the remote has",
          ],
        });
      },
    };
  }

  /**
   * Whether the move has few files and nothing of the user's blocks it: nothing staged, no edited files, no untracked
   * ones. False if that is uncertain. Throws EnvironmentError if an object is missing.
   */
  async isClear(place: Place, from: Revision | null, to: Revision): Promise<boolean> {
    try {
      return await this.#looksClear(place, from, to);
    } catch (error) {
      // A file of another user, one that is replaced at this moment, a malformed tree: git looks, and says what is wrong.
      if (isOfSystem(error) || error instanceof InvalidStateError) return false;
      throw error;
    }
  }

  async #looksClear(place: Place, from: Revision | null, to: Revision): Promise<boolean> {
    const move = await this.#move(place, from, to);
    if (!move) return false;
    // Without paths, git would list the whole index.
    if (move.changes.length === 0) return true;
    const missing = await this.#missing(place, move.changes);
    if (!missing) return false;
    // Asked for before git reads it: an index that is replaced meanwhile is looked at again.
    const looked = [await indexIdentity(place.gitDir), ...missing].join('\0');
    if (move.clearWith === looked) return true;
    move.clearWith = (await this.#isIndexClear(place, move.changes, missing)) ? looked : null;
    return move.clearWith !== null;
  }

  /**
   * Brings these files and their entries in the index to `to`, if `isClear`. Throws EnvironmentError if an object is
   * missing.
   * @returns whether they are there
   */
  async bring(place: Place, from: Revision | null, to: Revision): Promise<boolean> {
    if (!(await this.isClear(place, from, to))) return false;
    const paths = (await this.#move(place, from, to))?.changes.map(({ path }) => path) ?? [];
    if (paths.length === 0) return true;
    const words = ['--quiet', '--no-recurse-submodules', `--source=${to}`, '--staged', '--worktree', '--'];
    return (await this.#run(place, ['restore', ...words, ...paths])).code === 0;
  }

  #run({ gitDir, path, index }: Place, args: readonly string[]): Promise<GitResult> {
    const words = [`--git-dir=${gitDir}`, `--work-tree=${path}`, ...args];
    return this.#git.run(words, { cwd: path, env: index.env });
  }

  #move(place: Place, from: Revision | null, to: Revision): Promise<Move | null> {
    const key = `${place.gitDir} ${from} ${to}`;
    const known = this.#moves.get(key);
    if (known) return known;
    const move = this.#find(place, from, to);
    this.#moves.set(key, move);
    // A failure may pass.
    move.catch(() => this.#moves.delete(key));
    return move;
  }

  async #find(place: Place, from: Revision | null, to: Revision): Promise<Move | null> {
    // Without an index, or in a sparse checkout, only git knows which files should be there.
    if (from === null || !(await isThere(place.index.path))) return null;
    if (await isThere(join(place.gitDir, 'info', 'sparse-checkout'))) return null;
    const roots = await Promise.all(
      [from, to].map(async (revision) => {
        const { data } = await this.#trees.need(revision, 'commit');
        return parseCommit({ data }).tree;
      }),
    );
    const changes: TreeChange[] = [];
    for await (const change of treeDifferences(this.#trees, roots[0] ?? null, roots[1] ?? null)) {
      if (!isPlain(change) || changes.push(change) > FEW) return null;
    }
    return { changes, clearWith: null };
  }

  /** The paths that are missing in the work tree, a folder for all in it; null if something blocks the move. */
  async #missing(place: Place, changes: readonly TreeChange[]): Promise<Set<string> | null> {
    const missing = new Set<string>();
    const folders = new Set<string>();
    for (const change of changes) {
      const found = await standing(place.path, change.path, folders);
      if (found.kind === 'nothing' && change.before === null) missing.add(found.path);
      else if (found.kind !== 'file' || !(await this.#isKnown(place, change, found))) return null;
    }
    return missing;
  }

  /**
   * Whether a file in the work tree is as one of two revisions has it. It may have its new content already, for instance if the
   * user had git bring it.
   */
  async #isKnown(
    place: Place,
    { path, before, after }: TreeChange,
    { mode, size }: StandingFile,
  ): Promise<boolean> {
    if (size > MAX_FILE) return false;
    const oid = objectId('blob', await readFile(join(place.path, path)));
    const same = [before, after].filter((file) => file?.oid === oid);
    if (same.length === 0 || same.some((file) => file?.mode === mode)) return same.length > 0;
    const words = [`--git-dir=${place.gitDir}`, `--work-tree=${place.path}`];
    return !(await hasModes(this.#git, words, { cwd: place.path }));
  }

  async #isIndexClear(
    place: Place,
    changes: readonly TreeChange[],
    missing: ReadonlySet<string>,
  ): Promise<boolean> {
    const paths = new Set([...missing, ...changes.map(({ path }) => path)]);
    const { code, stdout } = await this.#run(place, ['ls-files', '--stage', '-v', '-z', '--', ...paths]);
    if (code !== 0) return false;
    const left = new Map(changes.map((change) => [change.path, change]));
    for (const entry of stdout.toString('utf8').split('\0').filter(Boolean)) {
      const path = entry.slice(entry.indexOf('\t') + 1);
      const change = left.get(path);
      const isKnown = (file: TreeFile | null) =>
        file !== null && entry === `H ${file.mode} ${file.oid} 0\t${path}`;
      if (!change || !(isKnown(change.before) || isKnown(change.after))) return false;
      left.delete(path);
    }
    return [...left.values()].every(({ before }) => before === null);
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await orIfGone(lstat(path), null)) !== null;
}

/** Whether a file is added or changed: removals, links and submodules are left to git. */
function isPlain({ before, after }: TreeChange): boolean {
  const isFile = ({ mode }: TreeFile) => mode === PLAIN_FILE || mode === EXECUTABLE_FILE;
  return after !== null && isFile(after) && (before === null || isFile(before));
}

/** A file of a work tree. */
interface StandingFile {
  readonly kind: 'file';
  readonly mode: string;
  /** In bytes. */
  readonly size: number;
}

type Standing =
  | StandingFile
  /** `path` is what is missing: the file, or the topmost missing folder on the way to it. */
  | { readonly kind: 'nothing'; readonly path: string }
  | { readonly kind: 'other' };

/**
 * Finds out what is at a path of a work tree, without following a link on the way to it.
 * @param folders paths known to be plain folders
 */
async function standing(root: string, path: string, folders: Set<string>): Promise<Standing> {
  const names = path.split('/');
  for (let i = 1; i <= names.length; i++) {
    const part = names.slice(0, i).join('/');
    if (folders.has(part)) continue;
    try {
      const stats = await lstat(join(root, part));
      if (i === names.length && stats.isFile())
        return { kind: 'file', mode: recordedMode(stats), size: stats.size };
      if (i === names.length || !stats.isDirectory()) return { kind: 'other' };
      folders.add(part);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return { kind: 'nothing', path: part };
      throw error;
    }
  }
  return { kind: 'other' };
}
