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
import { push } from '../branch/push.js';
import { remoteTips } from '../branch/remote-tips.js';
import type { ObjectReader } from '../objects/object-reader.js';
import { type Git, gitFailed } from '../process/git.js';
import { PUSH_OPTIONS } from '../process/transfer-options.js';
import { ChainTrimming } from './chain-trimming.js';
import { foreignRef, LockCommits, placeOfRef, type RefMove, readTip, versionParts } from './lock-commits.js';
import { LOCK_FOLDERS } from './lock-folders.js';
import { type FoundRef, LockLook, SEEN } from './lock-look.js';
import { type LockPushFailure, lockPushArgs, lockPushOutcome } from './lock-outcome.js';
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
  readonly isSigned: boolean;
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
  readonly #git: Git;
  readonly #reader: ObjectReader;
  readonly #options: LockRefsOptions;
  readonly #commits: LockCommits;
  readonly #look: LockLook;
  readonly #trimming: ChainTrimming;
  /** The lock place that the settings named at the last look. */
  #decided: LockPlace | null = null;

  constructor(git: Git, reader: ObjectReader, options: LockRefsOptions) {
    this.#git = git;
    this.#reader = reader;
    this.#options = options;
    this.#commits = new LockCommits(git, options.committer, options.isSigned);
    this.#look = new LockLook(git, reader, options);
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
    return readTip(this.#reader, remote, ref, oid);
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
    return this.#options.remote === null ? this.#moveLocally(move) : this.#push(move, timeoutMs);
  }

  async #push(move: LockMove, timeoutMs: number, place?: LockPlace): Promise<LockOutcome> {
    const { remote, remoteName, branch } = this.#options;
    const pushThem = async (built: readonly RefMove[]) => {
      const { leases, refspecs } = lockPushArgs(built);
      // Without atomic pushes a lock fences no write, so it is not even taken.
      const args = [...PUSH_OPTIONS, '--atomic', ...leases, '--end-of-options', remote ?? '', ...refspecs];
      const result = await push(this.#git, remote ?? '', args, { timeout: timeoutMs });
      return lockPushOutcome(result, built, remoteName, branch);
    };
    const { moves, failure } = await this.pushMoves([move], pushThem, place);
    if (failure?.kind === 'fenced' || failure?.kind === 'busy') return { kind: 'moved' };
    if (failure?.kind === 'refused' && !failure.isKnown && (await this.#isMoved(moves, timeoutMs)))
      return { kind: 'moved' };
    if (failure?.kind === 'refused' && failure.scope !== 'locks' && move.from === null)
      return { kind: 'refused', error: noPlace(failure.error) };
    if (failure) return failure;
    await this.noteSeen(moves);
    return { kind: 'swapped', tip: (moves[0] as RefMove).tip };
  }

  /** Whether a lock is not where its move starts: a refusal in unknown words may be a lost race. */
  async #isMoved(moves: readonly RefMove[], timeoutMs: number): Promise<boolean> {
    const refs = moves.map(({ ref }) => ref);
    const tips = await remoteTips(this.#git, this.#options.remote ?? '', refs, timeoutMs);
    return tips !== null && moves.some(({ ref, from }) => (tips.get(ref) ?? null) !== from);
  }

  /** Updates the local copies of the remote's lock refs. */
  async noteSeen(moves: readonly RefMove[]): Promise<void> {
    const lines = moves.map(
      ({ ref, name, to }) => `update ${SEEN[placeOfRef(ref)]}${encodeLockName(name)} ${to}\n`,
    );
    // The locks have moved at the remote. If another process is updating these refs, the next look brings them here.
    await this.#git.run(['update-ref', '--stdin'], { input: lines.join('') });
  }

  /** Proves where locks can live. Throws RemoteError, EnvironmentError. */
  async provePlace(prover: PlaceProver, timeoutMs: number): Promise<PlaceProof> {
    if (this.#options.remote === null) return { place: null, notes: [] };
    return provePlace(prover, {
      list: async () => ({ locks: await this.list(timeoutMs), decided: this.#decided }),
      tips: (name) => this.#tipsOf(name, timeoutMs),
      move: (move, place) => this.#push(move, timeoutMs, place),
      remove: (tip) => this.#remove(tip, timeoutMs),
    });
  }

  /** Removes the lock of the proof. If the server does not let refs be deleted, the lock stays, released. */
  async #remove(tip: LockTip, timeoutMs: number): Promise<void> {
    const remote = this.#options.remote ?? '';
    const { ref, oid } = versionParts(tip);
    const args = [...PUSH_OPTIONS, `--force-with-lease=${ref}:${oid}`, '--end-of-options', remote, `:${ref}`];
    await push(this.#git, remote, args, { timeout: timeoutMs });
  }

  async #moveLocally(move: LockMove): Promise<LockOutcome> {
    const moves = await this.prepareLocally([move]);
    const { code, stderr } = await this.#git.run(['update-ref', '--stdin'], { input: localLines(moves) });
    if (code === 0) return { kind: 'swapped', tip: (moves[0] as RefMove).tip };
    if (lostLocally(stderr, moves).length > 0) return { kind: 'moved' };
    throw gitFailed(['update-ref'], code, stderr);
  }
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
