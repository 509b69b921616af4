import { EnvironmentError, InvalidStateError } from '../errors.js';
import { decodeLockName, encodeLockName } from '../model/lock-name.js';
import type { Actor } from '../model/operation.js';
import type {
  BrokenLock,
  LeaseStore,
  LockMove,
  LockOutcome,
  LockTip,
  LockTips,
} from '../store/lease-store.js';
import { type Git, gitFailed } from './git.js';
import {
  foreignRef,
  LOCK_SPACES,
  LockCommits,
  type LockSpace,
  type RefMove,
  readTip,
} from './lock-commits.js';
import { lockPushArgs, lockPushOutcome } from './lock-outcome.js';
import type { ObjectReader } from './object-reader.js';
import { push } from './push.js';
import { fetchFailure } from './push-outcome.js';
import { remoteTips } from './remote-tips.js';
import { FETCH_OPTIONS, PUSH_OPTIONS } from './transfer-options.js';

/** Where the remote's lock refs are noted here, so that their commits are kept. */
const SEEN: Readonly<Record<LockSpace, string>> = {
  refs: 'refs/kgit/seen/refs/',
  branches: 'refs/kgit/seen/branches/',
};
const FETCH_TRIES = 10;
/** A ref where locks lie: `ref` as the remote has it, `name` null where no lock can lie there. */
interface FoundRef {
  readonly ref: string;
  readonly name: string | null;
  readonly oid: string;
}

const SPACES: readonly LockSpace[] = ['refs', 'branches'];

export interface LockRefsOptions {
  /** Name of the remote; null for a purely local repository. */
  readonly remote: string | null;
  /** The remote as people know it. */
  readonly remoteName: string;
  readonly branch: string;
  readonly committer: Actor;
  readonly isSigned: boolean;
}

/** Locks as refs beside the branch, which move by `--force-with-lease`, or in a purely local repository by `update-ref`. */
export class LockRefs implements LeaseStore {
  readonly #git: Git;
  readonly #reader: ObjectReader;
  readonly #options: LockRefsOptions;
  readonly #commits: LockCommits;

  constructor(git: Git, reader: ObjectReader, options: LockRefsOptions) {
    this.#git = git;
    this.#reader = reader;
    this.#options = options;
    this.#commits = new LockCommits(git, options.committer, options.isSigned);
  }

  async read(name: string, timeoutMs: number): Promise<LockTip | null> {
    const encoded = encodeLockName(name);
    // git has no refspec for 'this one, if it is there', but takes a pattern that matches nothing.
    await this.#fetch(`${encoded}*`, timeoutMs);
    let tip: LockTip | null = null;
    for (const found of await this.#refs(encoded)) tip = await this.#tip(found);
    return tip;
  }

  async list(timeoutMs: number | null): Promise<LockTips> {
    if (timeoutMs !== null) await this.#fetch('*', timeoutMs);
    const tips = new Map<string, LockTip>();
    const broken: BrokenLock[] = [];
    for (const found of await this.#refs('')) {
      try {
        tips.set(found.name ?? '', await this.#tip(found));
      } catch (error) {
        // One ref that anybody may have pushed must not hide the others.
        if (!(error instanceof InvalidStateError || error instanceof EnvironmentError)) throw error;
        const { ref, name } = found;
        broken.push({ ref, name, problem: error.message, suggestions: error.suggestions });
      }
    }
    return { tips: new Map([...tips].sort(([a], [b]) => (a < b ? -1 : 1))), broken };
  }

  async #tip({ ref, name, oid }: FoundRef): Promise<LockTip> {
    const { remote } = this.#options;
    if (name === null) throw foreignRef(remote, ref, 'no lock has such a name');
    return readTip(this.#reader, remote, ref, oid);
  }

  async #fetch(pattern: string, timeoutMs: number): Promise<void> {
    const { remote, remoteName } = this.#options;
    if (remote === null) return;
    const refspecs = SPACES.map((space) => `+${LOCK_SPACES[space]}${pattern}:${SEEN[space]}${pattern}`);
    const args = ['fetch', ...FETCH_OPTIONS, '--prune', '--end-of-options', remote, ...refspecs];
    for (let tries = 1; ; tries++) {
      const result = await this.#git.talk(remote, args, { timeout: timeoutMs });
      if (result.code === 0) return;
      // Another process of this clone is noting the same refs just now.
      if (tries >= FETCH_TRIES || !/cannot lock ref 'refs\/kgit\/seen\//.test(result.stderr))
        throw fetchFailure(result, remoteName);
    }
  }

  /** The refs that are known here: of one encoded name and below it, of all where it is empty. */
  async #refs(encoded: string): Promise<FoundRef[]> {
    // A lock that lies among the branches is never looked for elsewhere, so that it cannot be in two places.
    const isLocal = this.#options.remote === null;
    const places = isLocal ? { refs: LOCK_SPACES.refs } : SEEN;
    const listed = await this.#git.text([
      'for-each-ref',
      '--format=%(refname) %(objectname)',
      ...Object.values(places).map((place) => place + encoded),
    ]);
    const lines = listed.split('\n').filter(Boolean);
    return Object.entries(places).flatMap(([space, place]) =>
      lines.flatMap((line) => {
        const [here = '', oid = ''] = line.split(' ');
        if (!here.startsWith(place)) return [];
        const rest = here.slice(place.length);
        return { ref: LOCK_SPACES[space as LockSpace] + rest, name: decodeLockName(rest), oid };
      }),
    );
  }

  /** Builds the commits of moves; a lock that is not there yet is created in `space`. */
  async prepare(moves: readonly LockMove[], space: LockSpace = 'refs'): Promise<RefMove[]> {
    const built: RefMove[] = [];
    for (const move of moves) built.push(await this.#commits.build(move, space));
    return built;
  }

  async move(move: LockMove, timeoutMs: number): Promise<LockOutcome> {
    if (this.#options.remote === null) return this.#moveLocally(move);
    const outcome = await this.#push(move, 'refs', timeoutMs);
    const isRefusedHere = outcome.kind === 'refused' && outcome.error.data['reason'] !== 'no atomic push';
    return isRefusedHere && move.from === null ? this.#push(move, 'branches', timeoutMs) : outcome;
  }

  async #push(move: LockMove, space: LockSpace, timeoutMs: number): Promise<LockOutcome> {
    const { remote, remoteName, branch } = this.#options;
    const moves = await this.prepare([move], space);
    const { leases, refspecs } = lockPushArgs(moves);
    // A server without atomic pushes would fence no write, so the lock is not even taken there.
    const args = [...PUSH_OPTIONS, '--atomic', ...leases, '--end-of-options', remote ?? '', ...refspecs];
    const result = await push(this.#git, remote ?? '', args, { timeout: timeoutMs });
    const failure = lockPushOutcome(result, moves, remoteName, branch);
    if (failure?.kind === 'fenced') return { kind: 'moved' };
    if (failure?.kind === 'not-atomic') return { kind: 'refused', error: failure.error };
    if (failure?.kind === 'refused' && !failure.isKnown && (await this.#isMoved(moves, timeoutMs)))
      return { kind: 'moved' };
    if (failure) return failure;
    await this.noteSeen(moves);
    return { kind: 'swapped', tip: (moves[0] as RefMove).tip };
  }

  /** Whether one of the locks is not where its move begins: a refusal in unknown words may be a lost race. */
  async #isMoved(moves: readonly RefMove[], timeoutMs: number): Promise<boolean> {
    const refs = moves.map(({ ref }) => ref);
    const tips = await remoteTips(this.#git, this.#options.remote ?? '', refs, timeoutMs);
    return tips !== null && moves.some(({ ref, from }) => (tips.get(ref) ?? null) !== from);
  }

  /** Notes where the remote's locks are now. */
  async noteSeen(moves: readonly RefMove[]): Promise<void> {
    const lines = moves.map(({ ref, name, to }) => {
      const space = ref.startsWith(LOCK_SPACES.branches) ? 'branches' : 'refs';
      return `update ${SEEN[space]}${encodeLockName(name)} ${to}\n`;
    });
    // The locks have moved; where another process is noting the same, the next look at them notes it.
    await this.#git.run(['update-ref', '--stdin'], { input: lines.join('') });
  }

  async #moveLocally(move: LockMove): Promise<LockOutcome> {
    const moves = await this.prepare([move]);
    const { code, stderr } = await this.#git.run(['update-ref', '--stdin'], { input: localLines(moves) });
    if (code === 0) return { kind: 'swapped', tip: (moves[0] as RefMove).tip };
    if (lostLocally(stderr, moves).length > 0) return { kind: 'moved' };
    throw gitFailed(['update-ref'], code, stderr);
  }
}

/** Lines for `git update-ref --stdin` that move locks of this repository, each only from where its move begins. */
export function localLines(moves: readonly RefMove[]): string {
  return moves
    .map(({ ref, to, from }) => (from === null ? `create ${ref} ${to}\n` : `update ${ref} ${to} ${from}\n`))
    .join('');
}

/** The names of those locks that, as `git update-ref` says, are not where their moves begin. */
export function lostLocally(stderr: string, moves: readonly RefMove[]): string[] {
  const isLost = ({ ref }: RefMove) =>
    stderr.includes(`cannot lock ref '${ref}'`) &&
    /but expected|reference already exists|unable to resolve reference/.test(stderr);
  return moves.filter(isLost).map(({ name }) => name);
}
