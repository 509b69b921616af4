import type { Revision } from '../../store/port/state-store.js';
import type { Checkouts } from '../checkout/checkouts.js';
import type { Ancestry } from '../history/ancestry.js';
import type { Git } from '../process/git.js';
import type { LeftBehind } from './left-behind.js';
import type { MovingRefs } from './moving-refs.js';
import type { RefSession } from './ref-session.js';
import { branchMove } from './refs.js';

/** Moves kgit's tracking ref, and brings the user's own branch and its checkouts to the published tip. */
export class BranchFollower {
  readonly #git: Git;
  readonly #refs: MovingRefs;
  readonly #checkouts: Checkouts;
  readonly #ancestry: Ancestry;
  readonly #leftBehind: Pick<LeftBehind, 'note'>;
  readonly #branch: string;
  readonly #branchRef: string;
  /** The git process that moves the tracking ref, and then the branch that follows it. */
  #session: RefSession | null = null;

  constructor(
    git: Git,
    refs: MovingRefs,
    checkouts: Checkouts,
    ancestry: Ancestry,
    branch: string,
    leftBehind: Pick<LeftBehind, 'note'>,
  ) {
    this.#git = git;
    this.#refs = refs;
    this.#checkouts = checkouts;
    this.#ancestry = ancestry;
    this.#leftBehind = leftBehind;
    this.#branch = branch;
    this.#branchRef = `refs/heads/${branch}`;
  }

  /** Tip of the user's branch; null if there is none. */
  async tip(): Promise<Revision | null> {
    return (await this.#refs.read([this.#branchRef])).get(this.#branchRef) ?? null;
  }

  /**
   * Does what can be done while a push is under way: starts the git that moves refs afterwards, and looks at the checkouts.
   * Changes nothing. Throws what is in the way; the move itself meets it again.
   */
  async lookAhead(from: Revision | null, to: Revision): Promise<void> {
    const local = await this.tip();
    this.#session ??= this.#refs.session();
    // A push of locks alone moves no checkout.
    if (from !== null && from !== to && local === from) await this.#checkouts.lookAhead(from, to);
  }

  /** Moves the tracking ref to the published tip. Throws EnvironmentError. */
  async track(tracking: string, tip: Revision): Promise<void> {
    if (this.#session?.isOver) await this.end();
    this.#session ??= this.#refs.session();
    await this.#session.apply([`update ${tracking} ${tip}\n`]);
  }

  /**
   * Moves branch and checkouts to the published tip if nothing blocks it. The user's own commits and local edits stay
   * as they are, and a note says so. Throws EnvironmentError.
   */
  async follow(tip: Revision): Promise<string[]> {
    try {
      return await this.#follow(tip);
    } finally {
      await this.end();
    }
  }

  /** Ends the git process of `lookAhead` or `track` if nothing has followed. */
  async end(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.end();
  }

  async #follow(tip: Revision): Promise<string[]> {
    const local = await this.tip();
    if (local === tip || (local === null && (await this.#checkouts.list()).length === 0)) return [];
    if (local !== null && !(await this.#ancestry.isAncestor(local, tip)))
      return [await this.#leftBehind.note(local, tip, (await this.#checkouts.list()).length > 0)];
    this.#session ??= this.#refs.session();
    const move = branchMove(this.#branchRef, local, tip);
    const outcome = await this.#checkouts.move(this.#session, [move], local, tip);
    if (outcome.kind === 'moved') return [...outcome.notes];
    if (outcome.kind === 'lost')
      return [
        `your branch ${this.#branch} was moved by another git just now, so it was left there; 'kgit sync' looks again`,
      ];
    const { path, why, remedy } = outcome;
    return [`${path} was left where it is: ${why}; ${remedy}, then 'kgit sync'`];
  }

  /** Counts the revisions that the checkouts are behind the tip. */
  async behind(tip: Revision | null): Promise<number> {
    if (tip === null || (await this.#checkouts.list()).length === 0) return 0;
    const local = await this.tip();
    const range = local ? `${local}..${tip}` : tip;
    return Number(await this.#git.text(['rev-list', '--count', '--first-parent', range, '--']));
  }
}
