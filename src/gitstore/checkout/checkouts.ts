import { randomBytes } from 'node:crypto';
import { ConflictError, EnvironmentError } from '../../errors.js';
import type { Host } from '../../store/port/host.js';
import type { Revision } from '../../store/port/state-store.js';
import type { RefSession } from '../branch/ref-session.js';
import type { Objects } from '../objects/object-reader.js';
import type { Git } from '../process/git.js';
import { indexIdentity } from './index-copy.js';
import { IndexLock, takeIndexLocks } from './index-lock.js';
import { type Move, MoveJournal } from './move-journal.js';
import { SettleCheckout } from './settle-checkout.js';
import { TreeMove } from './tree-move.js';
import { type Checkout, WorkTrees } from './work-trees.js';

/** The user's own work that blocks a move: where, what, and how to resolve it. */
export interface Obstacle {
  readonly path: string;
  readonly why: string;
  readonly remedy: string;
}

/** Result of a move of the branch. */
export type MoveOutcome =
  | { readonly kind: 'moved'; readonly notes: readonly string[] }
  /** Somebody else moved a ref first; `stderr` is git's message. */
  | { readonly kind: 'lost'; readonly stderr: string }
  /** The user's own work blocks the move; nothing was changed. */
  | ({ readonly kind: 'blocked' } & Obstacle);

const EDITS = 'commit or stash';

/**
 * The work trees of a repository that have the state branch checked out. Their files and indexes move before the branch
 * does, while kgit holds git's own locks of all indexes. So a commit by the user keeps every event, whatever the user's
 * git does meanwhile and wherever kgit is killed.
 */
export class Checkouts {
  readonly #git: Git;
  readonly #workTrees: WorkTrees;
  readonly #treeMove: TreeMove;
  readonly #journal: MoveJournal;
  readonly #host: Host;
  readonly #sleep: (ms: number) => Promise<void>;
  /** Made on first use: most commands lock no index, and `node:crypto` loads slowly. */
  #nonce: string | null = null;
  /** The last move, and the identity of each index after it. */
  #last: { readonly move: Move; readonly indexes: ReadonlyMap<string, string> } | null = null;

  /**
   * @param mainPath the main work tree; null in a bare repository
   * @param folder the clone's `kgit` folder
   */
  constructor(
    git: Git,
    objects: Objects,
    place: { commonDir: string; mainPath: string | null; folder: string; branch: string },
    host: Host,
    sleep: (ms: number) => Promise<void>,
  ) {
    this.#git = git;
    this.#workTrees = new WorkTrees(place);
    this.#treeMove = new TreeMove(git, objects);
    this.#journal = new MoveJournal(place.folder);
    this.#host = host;
    this.#sleep = sleep;
  }

  /** The checkouts of the branch, linked work trees included. */
  list(): Promise<Checkout[]> {
    return this.#workTrees.checkouts();
  }

  /**
   * What blocks the checkouts from moving from one revision to another; null if nothing does. Throws EnvironmentError.
   */
  async obstacle(from: Revision | null, to: Revision): Promise<Obstacle | null> {
    return (await this.#unfinished()) ?? this.#edits(from, to);
  }

  /**
   * Looks at the checkouts before a move from one revision to another, so that the move has less to look at. Changes
   * nothing.
   */
  async lookAhead(from: Revision, to: Revision): Promise<void> {
    for (const checkout of await this.list()) await this.#treeMove.lookAhead(checkout, from, to);
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
   * Moves the branch and other refs, and the checkouts with them: all or nothing. Throws EnvironmentError if a lock
   * stays held, or if the move is interrupted; a commit by the user is safe then, too.
   * @param moves moves of the refs in git's own syntax; the branch goes `from` → `to`
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
      // Another kgit may have died since this one last settled.
      const notes = await this.#settleLocked();
      const checkouts = await this.list();
      const edits = await this.#edits(from, to);
      if (edits) return { kind: 'blocked', ...edits };
      // From here on the refs are certain to move, so no index gets ahead of a branch that moved elsewhere.
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

  /**
   * Settles checkouts that came to the branch during the move: their `git switch` had read the old tip, and recorded
   * the branch after we looked.
   */
  async #takeLatecomers({ checkouts, from, to }: Move): Promise<void> {
    const known = new Set(checkouts.map(({ gitDir }) => gitDir));
    for (const checkout of await this.list())
      if (!known.has(checkout.gitDir)) await SettleCheckout.of(this.#git, checkout, { checkouts, from, to });
  }

  /**
   * Completes an interrupted move, for instance after kgit was killed, based on the current state.
   * @returns notes on what the user should know, and why the move could not be completed
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
   * Checks again that the indexes are as the last move left them: the user's git may have read one before it was
   * locked, and written it back afterwards. If it cannot be repaired now, the next kgit does so.
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

  /** Whether both commits of a move are still here: one that was never published may have been pruned. */
  async #hasBoth({ from, to }: Move): Promise<boolean> {
    const input = [from, to].flatMap((revision) => (revision ? [`${revision}\n`] : [])).join('');
    const { code, stdout } = await this.#git.run(['cat-file', '--batch-check'], { input });
    return code === 0 && !/ missing$/m.test(stdout.toString('utf8'));
  }

  /** Whether a move was interrupted, or left a lock behind. */
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
    this.#nonce ??= randomBytes(8).toString('hex');
    const nonce = this.#nonce;
    return gitDirs.map((gitDir) => new IndexLock(gitDir, this.#host, nonce));
  }

  /**
   * Runs `work` while the user's git cannot change an index in any work tree: one may be about to switch to the branch.
   */
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

/** The identity of the index of each checkout. */
async function identities(checkouts: readonly Checkout[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { gitDir } of checkouts) found.set(gitDir, await indexIdentity(gitDir));
  return found;
}

/** Throws EnvironmentError if one of these locks is no longer ours. */
async function requireAll(locks: readonly IndexLock[]): Promise<void> {
  for (const lock of locks) {
    if (await lock.isOurs()) continue;
    throw new EnvironmentError(`${lock.path} was removed while kgit was moving the checkout`, {
      data: { path: lock.path },
      suggestions: ["Run 'kgit sync': it ends the move"],
    });
  }
}

/** The error of a write that the user's own work in a checkout blocks. */
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
