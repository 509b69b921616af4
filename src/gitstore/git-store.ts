import { EnvironmentError, RefusedError } from '../errors.js';
import type { Actor } from '../model/operation.js';
import type { Clock, Host } from '../store/host.js';
import type { LockMove } from '../store/lease-store.js';
import type {
  Commit,
  Head,
  Offering,
  Revision,
  StateStore,
  StateView,
  SwapOutcome,
  TimelineEntry,
} from '../store/state-store.js';
import { Ancestry, wentForwards } from './ancestry.js';
import { BranchFollower } from './branch-follower.js';
import { blockedBy, Checkouts } from './checkouts.js';
import { type Built, CommitBuilder, isOn } from './commit-builder.js';
import { keepCommitGraph } from './commit-graph.js';
import { takeEarlyReader } from './early-git.js';
import { noteFetchedAt, readFetchedAt } from './fetched-at.js';
import { type Git, withoutCredentials } from './git.js';
import { GitView } from './git-view.js';
import { InboxRefs } from './inbox-refs.js';
import { type RefMove, tipsOf } from './lock-commits.js';
import { lockPushArgs, lockPushOutcome } from './lock-outcome.js';
import { LockRefs, localLines, lostLocally } from './lock-refs.js';
import { ObjectReader } from './object-reader.js';
import { branchGone, isRelated, unrelatedHistory } from './other-history.js';
import { joinPacks } from './pack-upkeep.js';
import { filesWith, placesOf } from './places.js';
import { push } from './push.js';
import { fetchFailure } from './push-outcome.js';
import { RefLocks } from './ref-locks.js';
import { RefSession } from './ref-session.js';
import { branchMove, Refs } from './refs.js';
import { mainWorkTree, type Repository } from './repository.js';
import { resolveRevision, revisionAt } from './revisions.js';
import { timeline } from './timeline.js';
import { FETCH_OPTIONS, PUSH_OPTIONS } from './transfer-options.js';
import { untilUndisturbed } from './until-undisturbed.js';

export interface GitStoreOptions {
  readonly repository: Repository;
  /** The state branch. */
  readonly branch: string;
  /** Name of the remote that it is published to; null for a purely local repository. */
  readonly remote: string | null;
  /** Where what must not be lost lies: the clone's `kgit` folder, or one outside of a clone that kgit keeps. */
  readonly folder: string;
  /** Further options of every fetch. */
  readonly fetchOptions?: readonly string[];
  readonly committer: Actor;
  readonly clock: Clock;
  readonly host: Host;
}

/** The git driver: commits are built by fast-import and moved to the branch by a push, or locally by a ref swap. */
export class GitStore implements StateStore {
  readonly target: string;
  readonly isRemote: boolean;
  readonly leases: LockRefs;
  readonly offers: InboxRefs | undefined;
  readonly #git: Git;
  readonly #options: GitStoreOptions;
  readonly #reader: ObjectReader;
  readonly #builder: CommitBuilder;
  readonly #checkouts: Checkouts;
  readonly #follower: BranchFollower;
  readonly #refs: Refs;
  readonly #refLocks: RefLocks;
  readonly #ancestry: Ancestry;
  readonly #branchRef: string;
  readonly #trackingRef: string;
  #hasMoved = false;
  /** What the last push had to tell beside how it ended. */
  #pushNotes: readonly string[] = [];

  /** @param git aimed at the repository's common folder */
  constructor(git: Git, options: GitStoreOptions) {
    const { repository, branch, remote, folder, clock, host } = options;
    const { commonDir, config } = repository;
    this.#git = git;
    this.#options = options;
    // What was begun before the remote was known could fetch nothing.
    this.#reader = new ObjectReader(git, git.lazyFetches === null ? takeEarlyReader(commonDir) : null);
    this.#refs = new Refs(git, repository);
    this.#refLocks = new RefLocks(commonDir, folder, host);
    this.#builder = new CommitBuilder(git, this.#reader, options);
    this.#branchRef = `refs/heads/${branch}`;
    this.#trackingRef = `refs/kgit/remote/${branch}`;
    this.isRemote = remote !== null;
    const address = remote === null ? commonDir : (config.get(`remote.${remote}.url`) ?? remote);
    this.target = `${withoutCredentials(address)}#${branch}`;
    const isSigned = isOn(config.get('commit.gpgsign'));
    const { committer } = options;
    this.leases = new LockRefs(git, this.#reader, {
      ...{ remote, remoteName: this.#remoteName(), branch, folder, committer, isSigned },
    });
    this.offers = remote === null ? undefined : new InboxRefs(git, this.#reader, { folder, branch });
    this.#checkouts = new Checkouts(
      git,
      { commonDir, mainPath: mainWorkTree(repository), folder, branch },
      host,
      clock.sleep,
    );
    this.#ancestry = new Ancestry(git);
    this.#follower = new BranchFollower(
      git,
      this.#refs,
      this.#refLocks,
      this.#checkouts,
      this.#ancestry,
      branch,
    );
  }

  async head(): Promise<Head> {
    const { remote, branch } = this.#options;
    if (remote === null) return { revision: await this.#follower.tip(), fetchedAt: null };
    const usersRef = `refs/remotes/${remote}/${branch}`;
    const refs = await this.#refs.read([this.#trackingRef, usersRef, this.#branchRef]);
    const [ours, users] = [refs.get(this.#trackingRef), refs.get(usersRef)];
    const fetchedAt = await readFetchedAt(this.#options.repository.commonDir, this.#options.clock.now());
    const local = refs.get(this.#branchRef);
    if (!ours && users && local && !(await isRelated(this.#git, users, local)))
      return { revision: local, fetchedAt };
    // The user's own fetch or push may know a newer tip than kgit's.
    const isNewer = users && ours && users !== ours && (await this.#ancestry.isAncestor(ours, users));
    // Nothing was ever published: what lies here is what the first push will bring.
    const revision = (isNewer ? users : (ours ?? users)) ?? local ?? null;
    return { revision, fetchedAt };
  }

  #noteFetched(): Promise<void> {
    this.#hasMoved = true;
    return noteFetchedAt(this.#options.repository.commonDir, this.#options.clock.now());
  }

  async refresh(timeoutMs: number, withOffers = false): Promise<Head> {
    const { remote } = this.#options;
    if (remote === null) return this.head();
    const known = (await this.#refs.read([this.#trackingRef])).get(this.#trackingRef);
    const before = known ?? (await this.head()).revision;
    const inboxes = withOffers ? this.offers?.fetchArgs : undefined;
    const options = [...FETCH_OPTIONS, ...(this.#options.fetchOptions ?? []), ...(inboxes?.options ?? [])];
    const refspecs = [`+${this.#branchRef}:${this.#trackingRef}`, ...(inboxes ? [inboxes.refspec] : [])];
    const args = ['fetch', ...options, '--end-of-options', remote, ...refspecs];
    const fetch = () => this.#git.talk(remote, args, { timeout: timeoutMs });
    const result = await untilUndisturbed(fetch);
    const isEmpty = /couldn't find remote ref/.test(result.stderr);
    if (result.code !== 0 && !isEmpty) throw fetchFailure(result, this.#remoteName());
    if (isEmpty && known) throw branchGone(this.#remoteName(), this.#options.branch);
    const tip = isEmpty
      ? null
      : ((await this.#refs.read([this.#trackingRef])).get(this.#trackingRef) ?? null);
    if (tip && known && wentForwards(result.stderr, this.#trackingRef, known, tip))
      this.#ancestry.note(known, tip);
    else if (tip && before && !(await isRelated(this.#git, before, tip))) {
      const back = known ? [this.#trackingRef, known] : ['-d', this.#trackingRef];
      await this.#git.text(['update-ref', ...back]);
      throw unrelatedHistory(this.#remoteName(), this.#options.branch);
    }
    await this.#noteFetched();
    return { revision: isEmpty ? await this.#follower.tip() : tip, fetchedAt: this.#options.clock.now() };
  }

  /** The remote as people know it: its name and its address without credentials. */
  #remoteName(): string {
    return `remote ${this.#options.remote} (${this.target.slice(0, this.target.lastIndexOf('#'))})`;
  }

  resolve(name: string): Promise<Revision | null> {
    return resolveRevision(this.#git, name);
  }

  revisionAt(revision: Revision, time: number): Promise<Revision | null> {
    return revisionAt(this.#git, revision, time);
  }

  view(revision: Revision | null): StateView {
    return new GitView(this.#reader, revision);
  }

  timeline(revision: Revision): AsyncIterable<TimelineEntry> {
    return timeline(this.#git, revision);
  }

  placesOf(revision: Revision, paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return placesOf(this.#git, this.#reader, revision, paths);
  }

  filesWith(revision: Revision, texts: readonly string[]): Promise<readonly string[]> {
    return filesWith(this.#git, revision, texts);
  }

  async swap(
    base: Revision | null,
    commits: readonly Commit[],
    timeoutMs: number,
    locks: readonly LockMove[] = [],
    offering?: Offering,
  ): Promise<SwapOutcome> {
    let built: Built;
    try {
      built = await this.#builder.build(base, commits, offering?.offer);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      return { kind: 'blocked', error };
    }
    const { revisions } = built;
    const tip = revisions.at(-1) ?? base;
    if (tip === null) return { kind: 'swapped', revisions, notes: [] };
    if (this.#options.remote === null)
      return this.#swapLocally(base, tip, built, await this.leases.prepareLocally(locks));
    const inbox = offering ? await this.offers?.pushArg(built.offer) : null;
    const { moves, failure } = await this.leases.pushMoves(locks, async (planned) => {
      const names = await this.leases.misplaced(base, planned);
      if (names.length > 0) return { kind: 'fenced', names };
      const failed = await this.#push(tip, planned, timeoutMs, inbox ? [inbox] : []);
      // A forge or a hook that lets in branches alone must not keep the branch from moving.
      return inbox && failed?.kind === 'refused' ? this.#push(tip, planned, timeoutMs, []) : failed;
    });
    if (failure) return failure;
    if (inbox && built.offer === null) await this.offers?.end();
    const notes = [...built.notes, ...this.#pushNotes, ...(await this.#afterPush(tip, base, moves))];
    return { kind: 'swapped', revisions, notes, locks: tipsOf(moves) };
  }

  async #push(tip: Revision, moves: readonly RefMove[], timeoutMs: number, more: readonly string[]) {
    const { branch } = this.#options;
    const remote = this.#options.remote as string;
    const { leases, refspecs } = lockPushArgs(moves);
    const options = [...PUSH_OPTIONS, ...(moves.length > 0 ? ['--atomic'] : []), ...leases];
    const targets = [`${tip}:${this.#branchRef}`, ...refspecs, ...more];
    const args = [...options, '--end-of-options', remote, ...targets];
    const result = await push(this.#git, remote, args, { timeout: timeoutMs });
    this.#pushNotes = result.notes;
    return lockPushOutcome(result, moves, this.#remoteName(), branch);
  }

  /** What is left to do here once the remote has the commits: whatever fails now, they are published. */
  async #afterPush(tip: Revision, base: Revision | null, locks: readonly RefMove[]): Promise<string[]> {
    if (base) this.#ancestry.note(base, tip);
    try {
      const notes = await this.#follower.follow(tip, base, this.#trackingRef);
      if (locks.length > 0) await this.leases.noteSeen(locks);
      await this.#noteFetched();
      return notes;
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
    const refs = new RefSession(this.#git, this.#refLocks);
    try {
      const moves = [branchMove(this.#branchRef, base, tip), localLines(locks)];
      const outcome = await this.#checkouts.move(refs, moves, base, tip);
      if (outcome.kind === 'blocked') return { kind: 'blocked', error: blockedBy(outcome) };
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

  async settle(): Promise<readonly string[]> {
    await this.#refLocks.removeLeftBehind();
    return this.#checkouts.settle();
  }

  async follow(): Promise<readonly string[]> {
    const { revision } = await this.head();
    return revision !== null && this.isRemote ? this.#follower.follow(revision, null, null) : [];
  }

  async behind(): Promise<number> {
    return this.#follower.behind((await this.head()).revision);
  }

  async close(): Promise<void> {
    await this.#checkouts.lookAgain();
    if (this.#hasMoved) {
      const { repository, folder, clock } = this.#options;
      await keepCommitGraph(this.#git, repository, clock.now());
      await joinPacks(this.#git, repository, folder, clock.now());
    }
    await this.#reader.close();
  }
}
