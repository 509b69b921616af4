import { ConflictError, type KgitError, RefusedError } from '../errors.js';
import { type MirroredRevision, mirroredRevision } from '../model/operation/mirror-message.js';
import type { Backend } from '../store/port/backend.js';
import type { History } from '../store/port/history.js';
import type { Clock } from '../store/port/host.js';
import type { LockMove } from '../store/port/lease-store.js';
import type { SharedHistory } from '../store/port/shared-history.js';
import type { Announce, SharedPushes } from '../store/port/shared-pushes.js';
import type {
  Commit,
  Head,
  Revision,
  RevisionChange,
  StateView,
  SwapOutcome,
} from '../store/port/state-store.js';
import type { WorkingCopy } from '../store/port/working-copy.js';
import { noteFetchedAt, readFetchedAt } from './branch/fetched-at.js';
import type { FetchedBranch } from './branch/fetched-branch.js';
import type { Remote } from './branch/git-remote.js';
import { Publishing } from './branch/publishing.js';
import { branchMove, type RefStore } from './branch/refs.js';
import type { Ancestry } from './history/ancestry.js';
import type { Graph } from './history/graph.js';
import { isRelated } from './history/other-history.js';
import type { Line } from './history/printed-commits.js';
import { type RefMove, tipsOf } from './lock/lock-commits.js';
import { type LockRefs, localLines, lostLocally } from './lock/lock-refs.js';
import type { Built, CommitBuilder } from './objects/commit-builder.js';
import { GitView } from './objects/git-view.js';
import type { Objects } from './objects/object-reader.js';

/** Result of a move of the branch of a purely local repository. */
export type LocalMove =
  | { readonly kind: 'moved'; readonly notes: readonly string[] }
  /** Somebody else moved a ref first; `stderr` is git's message. */
  | { readonly kind: 'lost'; readonly stderr: string }
  /** Something on this machine is in the way; nothing was changed. */
  | { readonly kind: 'refused'; readonly error: KgitError };

/** Moves the refs of the branch on this machine. */
export interface BranchMover {
  /** Tip of the user's branch; null if there is none. */
  tip(): Promise<Revision | null>;
  /**
   * Does what can be done while a push from one revision to another is under way; changes nothing. Its failure is no
   * failure of the push. Left out where nothing can be done.
   */
  lookAhead?(from: Revision | null, to: Revision): Promise<void>;
  /** Undoes `lookAhead` for a push that moved nothing. */
  giveUp?(): Promise<void>;
  /** Moves the tracking ref to the published tip. Throws EnvironmentError. */
  track(trackingRef: string, tip: Revision): Promise<void>;
  /**
   * Moves the branch and other refs of a purely local repository, and its checkouts with them: all or nothing.
   * Throws EnvironmentError.
   * @param moves in the syntax of `git update-ref --stdin`
   */
  move(moves: readonly string[], from: Revision | null, to: Revision): Promise<LocalMove>;
}

/** Where a published branch is, and who talks to it. */
export interface Published {
  readonly remote: Remote;
  readonly fetched: FetchedBranch;
}

/** What clones on one machine need to push each other's commits. */
export interface Sharing {
  readonly group: SharedPushes['group'];
  /** As in `SharedPushes`; each path is that of a pack, without its ending. */
  readonly take: SharedPushes['take'];
}

/** What a git store is made of: by the git program (`git-program.ts`), or by the embedded git. */
export interface GitParts {
  /** As in `StateStore`. */
  readonly target: string;
  readonly branch: string;
  /** The folder that all worktrees share. */
  readonly commonDir: string;
  readonly clock: Clock;
  readonly readsRemotely: boolean;
  readonly reader: Objects;
  readonly builder: Pick<CommitBuilder, 'build'>;
  readonly refs: Pick<RefStore, 'read'>;
  readonly graph: Graph;
  readonly ancestry: Ancestry;
  readonly line: Line;
  readonly mover: BranchMover;
  /** Null for a purely local repository. */
  readonly published: Published | null;
  /** Undefined if other clones cannot take what is built here. */
  readonly sharing?: Sharing | undefined;
  readonly leases: LockRefs;
  readonly history: History;
  readonly workingCopy: WorkingCopy;
  /** Ends helper processes. @param hasMoved whether refs have moved, so that upkeep may pay */
  readonly close: (hasMoved: boolean) => Promise<void>;
}

type Refused = Extract<SwapOutcome, { kind: 'refused' }>;

/** A store in a git repository: builds commits, and moves the branch by a push, or locally by CAS of the ref. */
export class GitStore implements Backend {
  readonly target: string;
  readonly isRemote: boolean;
  readonly readsRemotely: boolean;
  readonly history: History;
  readonly leases: LockRefs;
  readonly workingCopy: WorkingCopy;
  readonly shared: SharedHistory | undefined;
  readonly sharedPushes: SharedPushes | undefined;
  readonly #parts: GitParts;
  readonly #branchRef: string;
  /** Null for a purely local repository. */
  readonly #publishing: Publishing | null;
  #hasMoved = false;

  constructor(parts: GitParts) {
    this.#parts = parts;
    this.target = parts.target;
    this.isRemote = parts.published !== null;
    this.readsRemotely = parts.readsRemotely;
    this.history = parts.history;
    this.leases = parts.leases;
    this.workingCopy = parts.workingCopy;
    const { published, sharing } = parts;
    this.shared = published ? this.#sharedHistory(published.fetched) : undefined;
    this.#publishing = published && new Publishing(published, parts, () => this.#noteFetched());
    const canShare = published && sharing && this.#publishing;
    this.sharedPushes = canShare ? this.#sharing(published.fetched, sharing, this.#publishing) : undefined;
    this.#branchRef = `refs/heads/${parts.branch}`;
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

  #sharing(fetched: FetchedBranch, sharing: Sharing, publishing: Publishing): SharedPushes {
    return {
      ...sharing,
      build: async (from, commits) => {
        const built = await this.#build(from, commits);
        if ('kind' in built || built.pack === undefined) return null;
        return { from, revisions: built.revisions, objects: built.pack };
      },
      push: async ({ known, from, to }, timeoutMs) => {
        fetched.believe(from);
        this.#parts.ancestry.note(known, from);
        return publishing.publish({ base: from, revisions: [], tip: to, locks: [], timeoutMs });
      },
      landed: (from, tip) => publishing.landedElsewhere(from, tip),
    };
  }

  async head(): Promise<Head> {
    const { published, mover, graph, ancestry, commonDir, clock } = this.#parts;
    if (published === null) return { revision: await mover.tip(), fetchedAt: null };
    const { trackingRef, usersRef } = published.fetched;
    const refs = await this.#parts.refs.read([trackingRef, usersRef, this.#branchRef]);
    const [ours, users] = [refs.get(trackingRef), refs.get(usersRef)];
    const fetchedAt = await readFetchedAt(commonDir, clock.now());
    const local = refs.get(this.#branchRef);
    if (!ours && users && local && !(await isRelated(graph, users, local)))
      return { revision: local, fetchedAt };
    // The user's own fetch or push may know a newer tip than kgit's.
    const isNewer = users && ours && users !== ours && (await ancestry.isAncestor(ours, users));
    // If nothing was ever published, the first push will bring the local branch.
    const revision = (isNewer ? users : (ours ?? users)) ?? local ?? null;
    return { revision, fetchedAt, isUnasked: !ours && !users && local !== undefined };
  }

  async mirrored(): Promise<MirroredRevision | null> {
    const { revision } = await this.head();
    const commit = revision === null ? null : await this.#parts.reader.read(revision);
    const text = commit?.data.toString('utf8') ?? '';
    return mirroredRevision(text.slice(text.indexOf('\n\n') + 2));
  }

  #noteFetched(): Promise<void> {
    this.#hasMoved = true;
    return noteFetchedAt(this.#parts.commonDir, this.#parts.clock.now());
  }

  async refresh(timeoutMs: number): Promise<Head> {
    const { published, mover, clock } = this.#parts;
    if (published === null) return this.head();
    const tip = await published.fetched.fetch(async () => (await this.head()).revision, timeoutMs);
    await this.#noteFetched();
    return { revision: tip ?? (await mover.tip()), fetchedAt: clock.now() };
  }

  view(revision: Revision | null): StateView {
    return new GitView(this.#parts.reader, revision);
  }

  async #build(base: Revision | null, commits: readonly Commit[]): Promise<Built | Refused> {
    const { published, builder } = this.#parts;
    try {
      await published?.fetched.check(base);
      return await builder.build(base, commits);
    } catch (error) {
      if (!(error instanceof RefusedError || error instanceof ConflictError)) throw error;
      return { kind: 'refused', scope: 'local', error };
    }
  }

  async swap(
    base: Revision | null,
    commits: readonly Commit[],
    timeoutMs: number,
    locks: readonly LockMove[] = [],
    announce?: Announce,
  ): Promise<SwapOutcome> {
    const built = await this.#build(base, commits);
    if ('kind' in built) return built;
    const { revisions, pack: objects, notes } = built;
    const tip = revisions.at(-1) ?? base;
    if (tip === null) return { kind: 'swapped', revisions, notes: [] };
    if (this.#publishing === null)
      return this.#swapLocally(base, tip, built, await this.leases.prepareLocally(locks));
    if (base && objects !== undefined) await announce?.({ from: base, revisions, objects });
    const outcome = await this.#publishing.publish({ base, revisions, tip, locks, timeoutMs });
    return outcome.kind === 'swapped' ? { ...outcome, notes: [...notes, ...outcome.notes] } : outcome;
  }

  async #swapLocally(
    base: Revision | null,
    tip: Revision,
    built: Pick<Built, 'revisions' | 'notes'>,
    locks: readonly RefMove[],
  ): Promise<SwapOutcome> {
    const { mover } = this.#parts;
    const now = await mover.tip();
    if (now !== base) return { kind: 'moved' };
    const moves = [branchMove(this.#branchRef, base, tip), localLines(locks)];
    const outcome = await mover.move(moves, base, tip);
    if (outcome.kind === 'refused') return { kind: 'refused', scope: 'local', error: outcome.error };
    if (outcome.kind === 'lost') {
      const names = lostLocally(outcome.stderr, locks);
      return names.length > 0 ? { kind: 'fenced', names } : { kind: 'moved' };
    }
    this.#hasMoved = true;
    const notes = [...built.notes, ...outcome.notes];
    return { kind: 'swapped', revisions: built.revisions, notes, locks: tipsOf(locks) };
  }

  async *changes(
    after: Revision | null,
    signal: AbortSignal,
    maxAge?: number,
  ): AsyncGenerator<RevisionChange> {
    // Loaded late: few commands watch.
    const [{ branchTips }, { changesBetween }] = await Promise.all([
      import('./branch/branch-tips.js'),
      import('./history/branch-changes.js'),
    ]);
    const { clock, commonDir, published, refs, graph, line, reader } = this.#parts;
    const names = published ? [published.fetched.trackingRef, published.fetched.usersRef] : [];
    const tips = branchTips({
      looks: async () => [...(await refs.read([...names, this.#branchRef]))].join(),
      head: () => this.head(),
      fetchedAt: published && (() => readFetchedAt(commonDir, clock.now())),
      fetch: (timeoutMs) => this.refresh(timeoutMs),
      ...{ clock, signal, maxAge },
    });
    let at = after;
    for await (const tip of tips)
      for await (const change of changesBetween({ graph, line, reader }, at, tip)) {
        if (signal.aborted) return;
        at = change.revision;
        yield change;
      }
  }

  close(): Promise<void> {
    return this.#parts.close(this.#hasMoved);
  }
}
