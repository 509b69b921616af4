import { EnvironmentError } from '../../errors.js';
import type { LockMove } from '../../store/port/lease-store.js';
import type { Revision, SwapOutcome } from '../../store/port/state-store.js';
import type { BranchMover, GitParts, Published } from '../git-store.js';
import { type RefMove, tipsOf } from '../lock/lock-commits.js';
import { type BranchPush, type BranchPushed, pushBranch } from './branch-push.js';

/** What is to be published. */
export interface BuiltMove {
  readonly base: Revision | null;
  readonly revisions: readonly Revision[];
  /** The last of the revisions, or the base. */
  readonly tip: Revision;
  readonly locks: readonly LockMove[];
  readonly timeoutMs: number;
}

/** Publishes commits that are built: moves the branch at the remote, and what follows it in this clone. */
export class Publishing {
  readonly #published: Published;
  readonly #mover: BranchMover;
  readonly #parts: Pick<GitParts, 'leases' | 'ancestry' | 'refs'>;
  readonly #noteFetched: () => Promise<void>;
  /** Whether the last push was lost: the next one may be as well. */
  #isRaced = false;

  constructor(
    published: Published,
    parts: Pick<GitParts, 'leases' | 'ancestry' | 'mover' | 'refs'>,
    noteFetched: () => Promise<void>,
  ) {
    this.#published = published;
    this.#mover = parts.mover;
    this.#parts = parts;
    this.#noteFetched = noteFetched;
  }

  /** Moves the branch from where it is expected to be, by compare-and-swap, and locks with it. */
  async publish({ base, revisions, tip, locks, timeoutMs }: BuiltMove): Promise<SwapOutcome> {
    const { fetched } = this.#published;
    const { leases } = this.#parts;
    const target = { ...fetched.place, from: await fetched.expected(base), to: tip, timeoutMs };
    const told: string[] = [];
    const { moves, failure } = await leases.pushMoves(locks, async (planned) => {
      const names = await leases.misplaced(base, planned);
      if (names.length > 0) return { kind: 'fenced', names };
      const pushed = await this.#push(base, { ...target, locks: planned });
      told.push(...pushed.notes);
      return pushed.failure;
    });
    this.#isRaced = failure !== null;
    if (failure) {
      await this.#mover.giveUp?.();
      return failure;
    }
    const notes = [...told, ...(await this.landed(base, tip, moves))];
    return { kind: 'swapped', revisions, notes, locks: tipsOf(moves) };
  }

  /**
   * Pushes, and looks meanwhile at what moves afterwards, unless the last push was lost. Waits for both; only the
   * push counts.
   */
  async #push(base: Revision | null, push: BranchPush): Promise<BranchPushed> {
    const looking = this.#isRaced ? undefined : this.#mover.lookAhead?.(base, push.to);
    const [pushed] = await Promise.allSettled([pushBranch(this.#published.remote, push), looking]);
    if (pushed.status === 'rejected') throw pushed.reason;
    return pushed.value;
  }

  /**
   * Records that the branch was moved from `base` to `tip`; it is published, whatever fails now.
   * @returns notes for the user
   */
  async landed(base: Revision | null, tip: Revision, locks: readonly RefMove[] = []): Promise<string[]> {
    const { fetched } = this.#published;
    const { leases, ancestry } = this.#parts;
    await fetched.noteMoved(tip);
    if (base) ancestry.note(base, tip);
    return this.#brought(async () => {
      await this.#mover.track(fetched.trackingRef, tip);
      if (locks.length > 0) await leases.noteSeen(locks);
      await this.#noteFetched();
    });
  }

  /**
   * Records that the push of another clone has moved the branch: the user's own tracking ref follows as well, as git has it
   * follow a push.
   * @returns notes for the user
   */
  async landedElsewhere(base: Revision, tip: Revision): Promise<string[]> {
    const { usersRef } = this.#published.fetched;
    const notes = await this.landed(base, tip);
    const isThere = (await this.#parts.refs.read([usersRef])).has(usersRef);
    return isThere ? [...notes, ...(await this.#brought(() => this.#mover.track(usersRef, tip)))] : notes;
  }

  /** Brings this clone up to date with what is published already. @returns notes for the user */
  async #brought(bring: () => Promise<void>): Promise<string[]> {
    try {
      await bring();
      return [];
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      return [`published, but this clone could not be brought up to date: ${error.message}; run 'kgit sync'`];
    }
  }
}
