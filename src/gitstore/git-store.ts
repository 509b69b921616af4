import { ConflictError, EnvironmentError, RefusedError } from '../errors.js';
import type { Actor } from '../model/operation/operation.js';
import type { Backend } from '../store/port/backend.js';
import type { Clock, Host } from '../store/port/host.js';
import type { LockMove } from '../store/port/lease-store.js';
import type { SharedHistory } from '../store/port/shared-history.js';
import type {
  Commit,
  Head,
  Revision,
  RevisionChange,
  StateView,
  SwapOutcome,
} from '../store/port/state-store.js';
import { BranchFollower } from './branch/branch-follower.js';
import { pushBranch } from './branch/branch-push.js';
import { noteFetchedAt, readFetchedAt } from './branch/fetched-at.js';
import { FetchedBranch } from './branch/fetched-branch.js';
import type { LostTip } from './branch/known-tip.js';
import { LeftBehind } from './branch/left-behind.js';
import { MovingRefs } from './branch/moving-refs.js';
import { branchMove } from './branch/refs.js';
import { blockedBy, Checkouts } from './checkout/checkouts.js';
import { GitWorkingCopy } from './checkout/git-working-copy.js';
import { Ancestry } from './history/ancestry.js';
import { keepCommitGraph } from './history/commit-graph.js';
import { GitHistory } from './history/git-history.js';
import { isRelated } from './history/other-history.js';
import { joinPacks } from './history/pack-upkeep.js';
import { type RefMove, tipsOf } from './lock/lock-commits.js';
import { LockRefs, localLines, lostLocally } from './lock/lock-refs.js';
import { type Built, CommitBuilder, isOn } from './objects/commit-builder.js';
import { GitView } from './objects/git-view.js';
import { ObjectReader } from './objects/object-reader.js';
import { type Git, withoutCredentials } from './process/git.js';
import { takeEarlyReader } from './repository/early-git.js';
import { mainWorkTree, type Repository } from './repository/repository.js';

export interface GitStoreOptions {
  readonly repository: Repository;
  /** The state branch. */
  readonly branch: string;
  /** Name of the remote that the branch is published to; null for a purely local repository. */
  readonly remote: string | null;
  /** Runs in the user's folder; null if nothing is checked out. */
  readonly standing: Git | null;
  /** Folder for data that must not be lost: the clone's `kgit` folder, or one outside a clone that kgit keeps. */
  readonly folder: string;
  /** More options for every fetch. */
  readonly fetchOptions?: readonly string[];
  /** Whether kgit made the clone and may fetch more of its history. */
  readonly isManaged?: boolean;
  /** For a clone that kgit made anew: a tip that was known before and that the remote no longer has. */
  readonly lostTip?: LostTip | null;
  readonly committer: Actor;
  readonly clock: Clock;
  readonly host: Host;
}

/** The git driver: builds commits with fast-import, and moves the branch by a push, or locally by CAS of the ref. */
export class GitStore implements Backend {
  readonly target: string;
  readonly isRemote: boolean;
  readonly readsRemotely: boolean;
  readonly history: GitHistory;
  readonly leases: LockRefs;
  readonly workingCopy: GitWorkingCopy;
  readonly shared: SharedHistory | undefined;
  readonly #git: Git;
  readonly #options: GitStoreOptions;
  readonly #reader: ObjectReader;
  readonly #builder: CommitBuilder;
  readonly #checkouts: Checkouts;
  readonly #follower: BranchFollower;
  readonly #refs: MovingRefs;
  readonly #ancestry: Ancestry;
  readonly #leftBehind: LeftBehind;
  readonly #branchRef: string;
  /** Null for a purely local repository. */
  readonly #fetched: FetchedBranch | null;
  #hasMoved = false;

  /** @param git aimed at the repository's common folder */
  constructor(git: Git, options: GitStoreOptions) {
    const { repository, branch, remote, folder, clock, host } = options;
    const { commonDir, config } = repository;
    this.#git = git;
    this.#options = options;
    // A reader that was started before the remote was known could not fetch objects.
    this.#reader = new ObjectReader(git, git.lazyFetches === null ? takeEarlyReader(commonDir) : null);
    this.#refs = new MovingRefs(git, repository, folder, host);
    this.#builder = new CommitBuilder(git, this.#reader, options);
    this.#branchRef = `refs/heads/${branch}`;
    this.isRemote = remote !== null;
    this.readsRemotely = git.lazyFetches !== null;
    const address = remote === null ? commonDir : (config.get(`remote.${remote}.url`) ?? remote);
    this.target = `${withoutCredentials(address)}#${branch}`;
    const isSigned = isOn(config.get('commit.gpgsign'));
    const { committer } = options;
    const locked = { remote, remoteName: this.#remoteName(), branch, folder, committer, isSigned };
    this.leases = new LockRefs(git, this.#reader, locked);
    const checkedOut = { commonDir, mainPath: mainWorkTree(repository), folder, branch };
    this.#checkouts = new Checkouts(git, checkedOut, host, clock.sleep);
    this.#ancestry = new Ancestry(git);
    // A purely local branch is never behind a remote.
    this.#leftBehind = new LeftBehind(git, this.#refs, { branch, remote: remote ?? '' });
    this.#follower = new BranchFollower(
      git,
      this.#refs,
      this.#checkouts,
      this.#ancestry,
      branch,
      this.#leftBehind,
    );
    const place = { repository, branch, folder, remoteName: this.#remoteName() };
    const { fetchOptions = [], isManaged = false, lostTip = null } = options;
    const kind = { fetchOptions, isManaged, lostTip, leftBehind: this.#leftBehind };
    this.#fetched =
      remote === null
        ? null
        : new FetchedBranch(git, this.#refs, this.#ancestry, { ...place, ...kind, remote });
    this.history = new GitHistory(git, this.#reader, repository.isShallow, remote);
    this.shared = this.#fetched ? this.#sharedHistory(this.#fetched) : undefined;
    this.workingCopy = new GitWorkingCopy({
      git,
      standing: options.standing,
      repository,
      refs: this.#refs,
      checkouts: this.#checkouts,
      follower: this.#follower,
      leftBehind: this.#leftBehind,
      isRemote: this.isRemote,
      head: () => this.head(),
    });
  }

  #sharedHistory(fetched: FetchedBranch): SharedHistory {
    return {
      set onRewrite(look: SharedHistory['onRewrite']) {
        fetched.onRewrite = look;
      },
      otherHistory: (timeoutMs) => fetched.otherHistory(timeoutMs),
      acceptHistory: async (other) => {
        await fetched.accept(other);
        await this.#noteFetched();
      },
    };
  }

  async head(): Promise<Head> {
    if (this.#fetched === null) return { revision: await this.#follower.tip(), fetchedAt: null };
    const { trackingRef, usersRef } = this.#fetched;
    const refs = await this.#refs.read([trackingRef, usersRef, this.#branchRef]);
    const [ours, users] = [refs.get(trackingRef), refs.get(usersRef)];
    const fetchedAt = await readFetchedAt(this.#options.repository.commonDir, this.#options.clock.now());
    const local = refs.get(this.#branchRef);
    if (!ours && users && local && !(await isRelated(this.#git, users, local)))
      return { revision: local, fetchedAt };
    // The user's own fetch or push may know a newer tip than kgit's.
    const isNewer = users && ours && users !== ours && (await this.#ancestry.isAncestor(ours, users));
    // If nothing was ever published, the first push will bring the local branch.
    const revision = (isNewer ? users : (ours ?? users)) ?? local ?? null;
    return { revision, fetchedAt };
  }

  #noteFetched(): Promise<void> {
    this.#hasMoved = true;
    return noteFetchedAt(this.#options.repository.commonDir, this.#options.clock.now());
  }

  async refresh(timeoutMs: number): Promise<Head> {
    if (this.#fetched === null) return this.head();
    const tip = await this.#fetched.fetch(async () => (await this.head()).revision, timeoutMs);
    await this.#noteFetched();
    return { revision: tip ?? (await this.#follower.tip()), fetchedAt: this.#options.clock.now() };
  }

  /** The remote's name and its address without credentials, for messages. */
  #remoteName(): string {
    return `remote ${this.#options.remote} (${this.target.slice(0, this.target.lastIndexOf('#'))})`;
  }

  view(revision: Revision | null): StateView {
    return new GitView(this.#reader, revision);
  }

  async swap(
    base: Revision | null,
    commits: readonly Commit[],
    timeoutMs: number,
    locks: readonly LockMove[] = [],
  ): Promise<SwapOutcome> {
    let built: Built;
    try {
      await this.#fetched?.check(base);
      built = await this.#builder.build(base, commits);
    } catch (error) {
      if (!(error instanceof RefusedError || error instanceof ConflictError)) throw error;
      return { kind: 'refused', scope: 'local', error };
    }
    const { revisions } = built;
    const tip = revisions.at(-1) ?? base;
    if (tip === null) return { kind: 'swapped', revisions, notes: [] };
    if (this.#fetched === null)
      return this.#swapLocally(base, tip, built, await this.leases.prepareLocally(locks));
    const target = { ...this.#fetched.place, from: await this.#fetched.expected(base), to: tip, timeoutMs };
    const told: string[] = [];
    const { moves, failure } = await this.leases.pushMoves(locks, async (planned) => {
      const names = await this.leases.misplaced(base, planned);
      if (names.length > 0) return { kind: 'fenced', names };
      const pushed = await pushBranch(this.#git, { ...target, locks: planned });
      told.push(...pushed.notes);
      return pushed.failure;
    });
    if (failure) return failure;
    await this.#fetched.noteMoved(tip);
    if (base) this.#ancestry.note(base, tip);
    const notes = [
      ...built.notes,
      ...told,
      ...(await this.#notePushed(this.#fetched.trackingRef, tip, moves)),
    ];
    return { kind: 'swapped', revisions, notes, locks: tipsOf(moves) };
  }

  /** Records what was pushed; it is published, whatever fails now. */
  async #notePushed(trackingRef: string, tip: Revision, locks: readonly RefMove[]): Promise<string[]> {
    try {
      await this.#follower.track(trackingRef, tip);
      if (locks.length > 0) await this.leases.noteSeen(locks);
      await this.#noteFetched();
      return [];
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      return [`published, but this clone could not be brought up to date: ${error.message}; run 'kgit sync'`];
    }
  }

  async #swapLocally(
    base: Revision | null,
    tip: Revision,
    built: Pick<Built, 'revisions' | 'notes'>,
    locks: readonly RefMove[],
  ): Promise<SwapOutcome> {
    const now = await this.#follower.tip();
    if (now !== base) return { kind: 'moved' };
    const refs = this.#refs.session();
    try {
      const moves = [branchMove(this.#branchRef, base, tip), localLines(locks)];
      const outcome = await this.#checkouts.move(refs, moves, base, tip);
      if (outcome.kind === 'blocked') return { kind: 'refused', scope: 'local', error: blockedBy(outcome) };
      if (outcome.kind === 'lost') {
        const names = lostLocally(outcome.stderr, locks);
        return names.length > 0 ? { kind: 'fenced', names } : { kind: 'moved' };
      }
      this.#hasMoved = true;
      const notes = [...built.notes, ...outcome.notes];
      return { kind: 'swapped', revisions: built.revisions, notes, locks: tipsOf(locks) };
    } finally {
      await refs.end();
    }
  }

  async *changes(after: Revision | null, signal: AbortSignal): AsyncGenerator<RevisionChange> {
    // Loaded late: few commands watch.
    const [{ branchTips }, { changesBetween }] = await Promise.all([
      import('./branch/branch-tips.js'),
      import('./history/branch-changes.js'),
    ]);
    const { clock, repository } = this.#options;
    const { commonDir } = repository;
    const names = this.#fetched ? [this.#fetched.trackingRef, this.#fetched.usersRef] : [];
    const tips = branchTips({
      looks: async () => [...(await this.#refs.read([...names, this.#branchRef]))].join(),
      head: () => this.head(),
      fetchedAt: this.#fetched && (() => readFetchedAt(commonDir, clock.now())),
      fetch: (timeoutMs) => this.refresh(timeoutMs),
      ...{ clock, signal },
    });
    let at = after;
    for await (const tip of tips)
      for await (const change of changesBetween(this.#git, at, tip)) {
        if (signal.aborted) return;
        at = change.revision;
        yield change;
      }
  }

  async close(): Promise<void> {
    await this.#follower.end();
    await this.#checkouts.lookAgain();
    if (this.#hasMoved) {
      const { repository, folder, clock } = this.#options;
      await keepCommitGraph(this.#git, repository, clock.now());
      await joinPacks(this.#git, repository, folder, clock.now());
    }
    await this.#reader.close();
  }
}
