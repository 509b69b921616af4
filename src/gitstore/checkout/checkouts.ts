import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConflictError, EnvironmentError } from '../../errors.js';
import { orIfGone } from '../../store/local/durable-files.js';
import type { Host } from '../../store/port/host.js';
import type { Revision } from '../../store/port/state-store.js';
import type { RefSession } from '../branch/ref-session.js';
import type { Git } from '../process/git.js';
import { IndexLock, takeIndexLocks } from './index-lock.js';
import { type Move, MoveJournal } from './move-journal.js';
import { SettleCheckout } from './settle-checkout.js';
import { TreeMove } from './tree-move.js';
import { type Checkout, WorkTrees } from './work-trees.js';

/** The user's own work that is in the way of a move: where, what, and what to do about it. */
export interface Obstacle {
  readonly path: string;
  readonly why: string;
  readonly remedy: string;
}

/** How a move of the branch ended. */
export type MoveOutcome =
  | { readonly kind: 'moved'; readonly notes: readonly string[] }
  /** Somebody else moved a ref first; `stderr` is what git says of it. */
  | { readonly kind: 'lost'; readonly stderr: string }
  /** The user's own work is in the way; nothing was changed. */
  | ({ readonly kind: 'blocked' } & Obstacle);

const EDITS = 'commit or stash';

/**
 * The work trees of a repository that have the state branch checked out. Their files and indexes move before the branch
 * does, under git's own locks of all indexes: whatever the user's git does meanwhile, and wherever kgit is killed, a
 * commit of the user's keeps every event.
 */
export class Checkouts {
  readonly #git: Git;
  readonly #workTrees: WorkTrees;
  readonly #treeMove: TreeMove;
  readonly #journal: MoveJournal;
  readonly #host: Host;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #nonce = randomBytes(8).toString('hex');
  /** What the last move was, and how it left each index. */
  #last: { readonly move: Move; readonly indexes: ReadonlyMap<string, string> } | null = null;

  /**
   * @param mainPath the main work tree; null in a bare repository
   * @param folder the clone's `kgit` folder
   */
  constructor(
    git: Git,
    place: { commonDir: string; mainPath: string | null; folder: string; branch: string },
    host: Host,
    sleep: (ms: number) => Promise<void>,
  ) {
    this.#git = git;
    this.#workTrees = new WorkTrees(place);
    this.#treeMove = new TreeMove(git);
    this.#journal = new MoveJournal(place.folder);
    this.#host = host;
    this.#sleep = sleep;
  }

  /** The checkouts of the branch, linked work trees included. */
  list(): Promise<Checkout[]> {
    return this.#workTrees.checkouts();
  }

  /** What keeps the checkouts from moving from one revision to another; null: nothing. Throws EnvironmentError. */
  async obstacle(from: Revision | null, to: Revision): Promise<Obstacle | null> {
    return (await this.#unfinished()) ?? this.#edits(from, to);
  }

  async #unfinished(): Promise<Obstacle | null> {
    const unfinished = await this.#workTrees.unfinished();
    if (unfinished === null) return null;
    const { path, what } = unfinished;
    const remedy = 'finish it, or give it up (git status says how)';
    return { path, why: `${what} is not finished there`, remedy };
  }

  async #edits(from: Revision | null, to: Revision): Promise<Obstacle | null> {
    for (const checkout of await this.list()) {
      const why = await this.#treeMove.obstacle(checkout, from, to);
      if (why !== null) return { path: checkout.path, why, remedy: EDITS };
    }
    return null;
  }

  /**
   * Moves refs, the branch among them, and the checkouts with it: all or nothing.
   * @param moves of the refs, in git's own words; the branch goes `from` → `to`
   * Throws EnvironmentError where a lock stays held, or the move was broken off: a commit of the user's is safe then, too.
   */
  async move(
    refs: RefSession,
    moves: readonly string[],
    from: Revision | null,
    to: Revision,
  ): Promise<MoveOutcome> {
    return this.#locked(async (areOurs) => {
      const unfinished = await this.#unfinished();
      if (unfinished) return { kind: 'blocked', ...unfinished };
      // Another kgit may have died since this one settled.
      const notes = await this.#settleLocked();
      const checkouts = await this.list();
      const edits = await this.#edits(from, to);
      if (edits) return { kind: 'blocked', ...edits };
      // The refs are certain to move from here on, so no index runs ahead of a branch that went elsewhere.
      const stderr = await refs.prepare(moves);
      if (stderr !== null) return { kind: 'lost', stderr };
      if (checkouts.length > 0) await this.#journal.write({ checkouts, from, to });
      for (const checkout of checkouts) await this.#treeMove.bring(checkout, from, to, areOurs);
      await areOurs();
      await refs.commit();
      await this.#takeLatecomers({ checkouts, from, to });
      if (checkouts.length > 0) await this.#journal.remove();
      this.#last = { move: { checkouts, from, to }, indexes: await identities(checkouts) };
      return { kind: 'moved', notes };
    });
  }

  /** A `git switch` to the branch that had read it before it moved, and noted so after we looked. */
  async #takeLatecomers({ checkouts, from, to }: Move): Promise<void> {
    const known = new Set(checkouts.map(({ gitDir }) => gitDir));
    for (const checkout of await this.list())
      if (!known.has(checkout.gitDir)) await SettleCheckout.of(this.#git, checkout, { checkouts, from, to });
  }

  /**
   * Ends a move that was broken off, as when kgit was killed in it, by what is there now. Notes say what the user
   * should know, and why it could not be ended.
   */
  async settle(): Promise<string[]> {
    const move = await this.#journal.read();
    if (move === null) {
      await this.#removeLeftBehind();
      return [];
    }
    const unfinished = move === 'damaged' ? null : await this.#workTrees.unfinished();
    if (unfinished) {
      const { path, what } = unfinished;
      return [`${what} is not finished in ${path}: finish it, or give it up, then 'kgit sync'`];
    }
    try {
      return await this.#locked(() => this.#settleLocked());
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      return [
        `a move of the checkout was broken off, and could not be ended: ${error.message}; run 'kgit sync'`,
      ];
    }
  }

  async #settleLocked(): Promise<string[]> {
    const move = await this.#journal.read();
    if (move === null) return [];
    const notes = move === 'damaged' ? this.#damaged() : await this.#settleAll(move);
    await this.#journal.remove();
    return notes;
  }

  /**
   * Looks once more whether the indexes are as the last move left them: a git of the user's may have read one before it
   * was locked, and written it back when the lock was gone. Where it cannot be mended now, the next kgit does it.
   */
  async lookAgain(): Promise<void> {
    const last = this.#last;
    this.#last = null;
    if (last === null) return;
    const now = await identities(last.move.checkouts);
    const isAsLeft = [...last.indexes].every(([gitDir, identity]) => now.get(gitDir) === identity);
    if (isAsLeft || (await this.#workTrees.unfinished())) return;
    try {
      await this.#locked(() => this.#settleAll(last.move));
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      if ((await this.#journal.read()) === null) await this.#journal.write(last.move);
    }
  }

  #damaged(): string[] {
    const { path } = this.#journal;
    return [
      `${path}, the note of a move of the checkout that was broken off, cannot be read and was removed; look at 'git status' before you commit`,
    ];
  }

  async #settleAll(move: Move): Promise<string[]> {
    if (!(await this.#hasBoth(move))) return this.#damaged();
    const gitDirs = new Set(await this.#workTrees.gitDirs());
    for (const checkout of move.checkouts)
      if (gitDirs.has(checkout.gitDir)) await SettleCheckout.of(this.#git, checkout, move);
    return [];
  }

  /** Whether the commits of a move are still here: what was never published may have been pruned. */
  async #hasBoth({ from, to }: Move): Promise<boolean> {
    const input = [from, to].flatMap((revision) => (revision ? [`${revision}\n`] : [])).join('');
    const { code, stdout } = await this.#git.run(['cat-file', '--batch-check'], { input });
    return code === 0 && !/ missing$/m.test(stdout.toString('utf8'));
  }

  /** Whether a move was broken off, or has left a lock. */
  async isBrokenOff(): Promise<boolean> {
    if ((await this.#journal.read()) !== null) return true;
    const found = (await this.#locks()).map((lock) => lock.isLeftBehind());
    return (await Promise.all(found)).some(Boolean);
  }

  async #removeLeftBehind(): Promise<void> {
    for (const lock of await this.#locks()) await lock.removeLeftBehind();
  }

  async #locks(): Promise<IndexLock[]> {
    const gitDirs = await this.#workTrees.gitDirs();
    return gitDirs.map((gitDir) => new IndexLock(gitDir, this.#host, this.#nonce));
  }

  /** Does `work` while no git of the user's changes an index, in whatever work tree: one may be about to switch to the branch. */
  async #locked<T>(work: (areOurs: () => Promise<void>) => Promise<T>): Promise<T> {
    const locks = await this.#locks();
    await takeIndexLocks(locks, this.#sleep);
    try {
      return await work(() => requireAll(locks));
    } finally {
      await Promise.all(locks.map((lock) => lock.release()));
    }
  }
}

/** Tells the index of each checkout from one that was written since. */
async function identities(checkouts: readonly Checkout[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { gitDir } of checkouts) {
    const stats = await orIfGone(stat(join(gitDir, 'index')), null);
    found.set(gitDir, stats === null ? '' : `${stats.ino} ${stats.size} ${stats.mtimeMs}`);
  }
  return found;
}

/** Throws EnvironmentError where one of these locks is not ours any more. */
async function requireAll(locks: readonly IndexLock[]): Promise<void> {
  for (const lock of locks) {
    if (await lock.isOurs()) continue;
    throw new EnvironmentError(`${lock.path} was removed while kgit was moving the checkout`, {
      data: { path: lock.path },
      suggestions: ["Run 'kgit sync': it ends the move"],
    });
  }
}

/** The error of a write that the user's own work in a checkout is in the way of. */
export function blockedBy({ path, why, remedy }: Obstacle): ConflictError {
  if (remedy !== EDITS)
    return new ConflictError(`the checkout in ${path} cannot move: ${why}`, {
      data: { path, expected: 'nothing unfinished', actual: why },
      suggestions: [`${remedy[0]?.toUpperCase()}${remedy.slice(1)}, then write again`],
    });
  return new ConflictError(`files that you changed in ${path} are in the way: ${why}`, {
    data: { path, expected: 'files as committed', actual: 'local edits' },
    suggestions: ['Commit or stash them (git status shows them), then write again'],
  });
}
