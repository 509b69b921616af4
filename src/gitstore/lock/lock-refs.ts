import { EnvironmentError, InvalidStateError, RefusedError } from '../../errors.js';
import { isTaken } from '../../model/lease/lease.js';
import { encodeLockName } from '../../model/lease/lock-name.js';
import type { LockPlace } from '../../model/lease/lock-place.js';
import type { Actor } from '../../model/operation/operation.js';
import type {
  BrokenLock,
  LeaseStore,
  LockMove,
  LockOutcome,
  LockTip,
  LockTips,
  PlaceProof,
  PlaceProver,
} from '../../store/port/lease-store.js';
import type { Remote } from '../branch/git-remote.js';
import { ChainTrimming } from './chain-trimming.js';
import {
  type EmptyCommits,
  foreignRef,
  LockCommits,
  placeOfRef,
  type RefMove,
  readTip,
  versionParts,
} from './lock-commits.js';
import { LOCK_FOLDERS } from './lock-folders.js';
import { type FoundRef, LockLook, type LockLookParts, SEEN } from './lock-look.js';
import { type LockPushFailure, lockPushOutcome } from './lock-outcome.js';
import { provePlace } from './lock-proof.js';
import { standingOf, strayLease, type TipsByPlace } from './lock-standing.js';

export interface LockRefsOptions {
  /** Name of the remote; null for a purely local repository. */
  readonly remote: string | null;
  /** The remote's name and address, for messages. */
  readonly remoteName: string;
  readonly branch: string;
  /** The clone's `kgit` folder. */
  readonly folder: string;
  readonly committer: Actor;
}

/** What locks are read and moved with. */
export interface LockParts extends LockLookParts {
  readonly commits: EmptyCommits;
}

/** Result of a push of locks: the moves with the chains that were pushed last, and why the remote took none. */
export interface PushedMoves {
  readonly moves: readonly RefMove[];
  readonly failure: LockPushFailure | null;
}

/**
 * Locks as refs beside the branch. They move by `--force-with-lease`, or by `update-ref` in a purely local repository.
 */
export class LockRefs implements LeaseStore {
  readonly #parts: LockParts;
  readonly #options: LockRefsOptions;
  readonly #commits: LockCommits;
  readonly #look: LockLook;
  readonly #trimming: ChainTrimming;
  /** The lock place that the settings named at the last look. */
  #decided: LockPlace | null = null;

  constructor(parts: LockParts, options: LockRefsOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#commits = new LockCommits(parts.commits, options.committer);
    this.#look = new LockLook(parts, options);
    this.#trimming = new ChainTrimming(options.folder, options.remoteName);
  }

  async read(name: string, timeoutMs: number): Promise<LockTip | null> {
    return standingOf(await this.#tipsOf(name, timeoutMs), this.#decided);
  }

  async #tipsOf(name: string, timeoutMs: number): Promise<TipsByPlace> {
    const encoded = encodeLockName(name);
    // git has no refspec for an optional ref, but takes a pattern that matches nothing.
    await this.#look.fetch(`${encoded}*`, timeoutMs);
    const { refs, decided } = await this.#look.found(encoded);
    this.#decided = decided;
    const tips: Partial<Record<LockPlace, LockTip>> = {};
    for (const found of refs) tips[found.place] = await this.#tip(found);
    return tips;
  }

  async list(timeoutMs: number | null): Promise<LockTips> {
    if (timeoutMs !== null) await this.#look.fetch('*', timeoutMs);
    const { refs, decided } = await this.#look.found('');
    this.#decided = decided;
    const byName = new Map<string, Partial<Record<LockPlace, LockTip>>>();
    const broken: BrokenLock[] = [];
    for (const found of refs) {
      try {
        const tip = await this.#tip(found);
        const { name } = tip.record;
        byName.set(name, { ...byName.get(name), [found.place]: tip });
      } catch (error) {
        // Anybody can push a broken ref: it must not hide the others.
        if (!(error instanceof InvalidStateError || error instanceof EnvironmentError)) throw error;
        const { ref, name } = found;
        broken.push({ where: ref, name, problem: error.message, suggestions: error.suggestions });
      }
    }
    const tips = new Map<string, LockTip>();
    for (const [name, places] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const tip = standingOf(places, decided);
      if (tip) tips.set(name, tip);
    }
    broken.push(...[...tips.values()].flatMap((tip) => strayLease(tip) ?? []));
    return { tips, broken, place: LOCK_FOLDERS[decided ?? 'refs'] };
  }

  async #tip({ ref, name, oid }: FoundRef): Promise<LockTip> {
    const { remote } = this.#options;
    if (name === null) throw foreignRef(remote, ref, 'no lock has such a name');
    return readTip(this.#parts.reader, remote, ref, oid);
  }

  /**
   * Names of the locks that these moves would hold outside the place decided at `base`: no write may land under them.
   * The branch moves by CAS from `base`, so none lands after the settings have changed either. Throws
   * InvalidStateError.
   */
  async misplaced(base: string | null, moves: readonly RefMove[]): Promise<string[]> {
    const held = moves.filter(({ tip }) => isTaken(tip.record));
    const decided = base === null || held.length === 0 ? null : await this.#look.decidedAt(base);
    return decided === null
      ? []
      : held.filter(({ ref }) => placeOfRef(ref) !== decided).map(({ name }) => name);
  }

  /**
   * Builds the commits of moves and has them pushed. If the remote refuses to rewind a ref, a chain that was to start
   * anew is continued instead, now and from then on.
   */
  async pushMoves(
    locks: readonly LockMove[],
    pushThem: (moves: readonly RefMove[]) => Promise<LockPushFailure | null>,
    place: LockPlace = this.#decided ?? 'refs',
  ): Promise<PushedMoves> {
    const moves = await this.#build(locks, place, await this.#trimming.isAllowed());
    const failure = await pushThem(moves);
    const isRefused = failure?.kind === 'refused' && failure.scope !== 'locks';
    if (!(isRefused || failure?.kind === 'moved') || !moves.some(({ isForced }) => isForced))
      return { moves, failure };
    const whole = await this.#build(locks, place, false);
    const second = await pushThem(whole);
    if (second === null) await this.#trimming.noteRefused();
    return { moves: whole, failure: second };
  }

  async #build(moves: readonly LockMove[], place: LockPlace, trims: boolean): Promise<RefMove[]> {
    const built: RefMove[] = [];
    for (const move of moves) built.push(await this.#commits.build(move, place, trims));
    return built;
  }

  /** Builds the commits of moves in a purely local repository, where every chain may start anew. */
  prepareLocally(moves: readonly LockMove[]): Promise<RefMove[]> {
    return this.#build(moves, 'refs', true);
  }

  move(move: LockMove, timeoutMs: number): Promise<LockOutcome> {
    const { remote } = this.#parts;
    return remote === null ? this.#moveLocally(move) : this.#push(remote, move, timeoutMs);
  }

  async #push(remote: Remote, move: LockMove, timeoutMs: number, place?: LockPlace): Promise<LockOutcome> {
    const { remoteName, branch } = this.#options;
    const pushThem = async (built: readonly RefMove[]) => {
      // Without atomic pushes a lock fences no write, so it is not even taken.
      const result = await remote.push(built, { isAtomic: true, timeoutMs });
      return lockPushOutcome(result, built, remoteName, branch);
    };
    const { moves, failure } = await this.pushMoves([move], pushThem, place);
    if (failure?.kind === 'fenced' || failure?.kind === 'busy') return { kind: 'moved' };
    if (failure?.kind === 'refused' && !failure.isKnown && (await isMoved(remote, moves, timeoutMs)))
      return { kind: 'moved' };
    if (failure?.kind === 'refused' && failure.scope !== 'locks' && move.from === null)
      return { kind: 'refused', error: noPlace(failure.error) };
    if (failure) return failure;
    await this.noteSeen(moves);
    return { kind: 'swapped', tip: (moves[0] as RefMove).tip };
  }

  /** Updates the local copies of the remote's lock refs. */
  async noteSeen(moves: readonly RefMove[]): Promise<void> {
    const lines = moves.map(
      ({ ref, name, to }) => `update ${SEEN[placeOfRef(ref)]}${encodeLockName(name)} ${to}\n`,
    );
    try {
      await this.#parts.refs.apply(lines);
    } catch (error) {
      // The locks have moved at the remote. If another process is updating these refs, the next look brings them here.
      if (!(error instanceof EnvironmentError)) throw error;
    }
  }

  /** Proves where locks can live. Throws RemoteError, EnvironmentError. */
  async provePlace(prover: PlaceProver, timeoutMs: number): Promise<PlaceProof> {
    const { remote } = this.#parts;
    if (remote === null) return { place: null, notes: [] };
    return provePlace(prover, {
      list: async () => ({ locks: await this.list(timeoutMs), decided: this.#decided }),
      tips: (name) => this.#tipsOf(name, timeoutMs),
      move: (move, place) => this.#push(remote, move, timeoutMs, place),
      remove: async (tip) => {
        // If the server does not let refs be deleted, the lock of the proof stays, released.
        const { ref, oid } = versionParts(tip);
        await remote.push([{ ref, from: oid, to: null }], { isAtomic: false, timeoutMs });
      },
    });
  }

  async #moveLocally(move: LockMove): Promise<LockOutcome> {
    const moves = await this.prepareLocally([move]);
    const lost = await this.#parts.refs.apply([localLines(moves)]);
    return lost === null ? { kind: 'swapped', tip: (moves[0] as RefMove).tip } : { kind: 'moved' };
  }
}

/** Whether a lock is not where its move starts: a refusal in unknown words may be a lost race. */
async function isMoved(remote: Remote, moves: readonly RefMove[], timeoutMs: number): Promise<boolean> {
  const refs = moves.map(({ ref }) => ref);
  const { tips } = await remote.tips(refs, timeoutMs);
  return tips !== null && moves.some(({ ref, from }) => (tips.get(ref) ?? null) !== from);
}

/** The refusal of a new lock, with advice for a server that takes no lock there at all. */
function noPlace(error: RefusedError): RefusedError {
  return new RefusedError(error.message, {
    cause: error,
    data: error.data,
    suggestions: [
      ...error.suggestions.filter((text) => !text.includes('kgit sync')),
      "If the server takes no lock there at all: 'kgit init' in the clone proves where locks can live, and writes it down",
    ],
  });
}

/** Lines for `git update-ref --stdin` that move locks of this repository by CAS. */
export function localLines(moves: readonly RefMove[]): string {
  return moves
    .map(({ ref, to, from }) => (from === null ? `create ${ref} ${to}\n` : `update ${ref} ${to} ${from}\n`))
    .join('');
}

/** Names of the locks that, according to `git update-ref`, are not where their moves start. */
export function lostLocally(stderr: string, moves: readonly RefMove[]): string[] {
  const isLost = ({ ref }: RefMove) =>
    stderr.includes(`cannot lock ref '${ref}'`) &&
    /but expected|reference already exists|unable to resolve reference/.test(stderr);
  return moves.filter(isLost).map(({ name }) => name);
}
