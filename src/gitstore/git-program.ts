/** Makes a store that the git program works for. */
import type { Actor } from '../model/operation/operation.js';
import type { Clock, Host } from '../store/port/host.js';
import { BranchFollower } from './branch/branch-follower.js';
import { FetchedBranch } from './branch/fetched-branch.js';
import { GitRemote } from './branch/git-remote.js';
import type { LostTip } from './branch/known-tip.js';
import { LeftBehind } from './branch/left-behind.js';
import { MovingRefs } from './branch/moving-refs.js';
import { pushGroup } from './branch/push-group.js';
import { blockedBy, Checkouts } from './checkout/checkouts.js';
import { GitWorkingCopy } from './checkout/git-working-copy.js';
import { type BranchMover, GitStore, type Sharing } from './git-store.js';
import { Ancestry } from './history/ancestry.js';
import { keepCommitGraph } from './history/commit-graph.js';
import { GitHistory } from './history/git-history.js';
import { GitGraph } from './history/graph.js';
import { joinPacks } from './history/pack-upkeep.js';
import { PrintedLine } from './history/printed-commits.js';
import { GitEmptyCommits } from './lock/git-empty-commits.js';
import { LockRefs } from './lock/lock-refs.js';
import { isOn } from './objects/commit-builder.js';
import { gitBuilder } from './objects/git-builder.js';
import { LocalObjects } from './objects/local-objects.js';
import { ObjectReader } from './objects/object-reader.js';
import { takePacks } from './objects/taken-packs.js';
import { type Git, withoutCredentials } from './process/git.js';
import { isPartialClone, mainWorkTree, type Repository } from './repository/repository.js';

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

/** Moves the branch with its checkouts. */
function moverOf(refs: MovingRefs, follower: BranchFollower, checkouts: Checkouts): BranchMover {
  return {
    tip: () => follower.tip(),
    lookAhead: (from, to) => follower.lookAhead(from, to),
    giveUp: () => follower.end(),
    track: (trackingRef, tip) => follower.track(trackingRef, tip),
    move: async (moves, from, to) => {
      const session = refs.session();
      try {
        const outcome = await checkouts.move(session, moves, from, to);
        return outcome.kind === 'blocked' ? { kind: 'refused', error: blockedBy(outcome) } : outcome;
      } finally {
        await session.end();
      }
    },
  };
}

/** Lets other clones of the user on this machine push what is built here. */
function sharingOf(git: Git, { repository, committer }: GitStoreOptions): Sharing {
  const { commonDir, config } = repository;
  return {
    group: () => pushGroup(git, committer, config),
    take: (packs) => takePacks(commonDir, packs),
  };
}

/** @param git aimed at the repository's common folder */
export function gitStore(git: Git, options: GitStoreOptions): GitStore {
  const { repository, branch, remote: name, folder, committer, clock, host } = options;
  const { fetchOptions = [], isManaged = false, lostTip = null } = options;
  const { commonDir, config } = repository;
  const readsRemotely = git.lazyFetches !== null;
  const reader = new ObjectReader(git, new LocalObjects(commonDir));
  const refs = new MovingRefs(git, repository, folder, host);
  const graph = new GitGraph(git);
  const ancestry = new Ancestry(graph);
  const line = new PrintedLine(git);
  const address = withoutCredentials(name === null ? commonDir : (config.get(`remote.${name}.url`) ?? name));
  const remoteName = `remote ${name} (${address})`;
  const remote = name === null ? null : new GitRemote(git, { name, repository, fetchOptions });
  const checkedOut = { commonDir, mainPath: mainWorkTree(repository), folder, branch };
  const checkouts = new Checkouts(git, reader, checkedOut, host, clock.sleep);
  // A purely local branch is never behind a remote.
  const leftBehind = new LeftBehind(git, refs, { branch, remote: name ?? '' });
  const follower = new BranchFollower(git, refs, checkouts, ancestry, branch, leftBehind);
  const place = { branch, folder, remoteName, isManaged, lostTip, leftBehind };
  const isSigned = isOn(config.get('commit.gpgsign'));
  const commits = new GitEmptyCommits(git, isSigned);
  const store: GitStore = new GitStore({
    target: `${address}#${branch}`,
    branch,
    commonDir,
    clock,
    readsRemotely,
    reader,
    builder: gitBuilder(git, reader, options),
    refs,
    graph,
    ancestry,
    line,
    mover: moverOf(refs, follower, checkouts),
    published:
      remote === null || name === null
        ? null
        : {
            remote,
            fetched: new FetchedBranch({ remote, refs, graph, ancestry }, { ...place, remote: name }),
          },
    // The pack of a signed commit lacks the commit itself, and a partial clone lacks what other clones build on.
    sharing: isSigned || isPartialClone(repository) ? undefined : sharingOf(git, options),
    leases: new LockRefs(
      { remote, refs, reader, commits },
      { remote: name, remoteName, branch, folder, committer },
    ),
    history: new GitHistory(git, reader, line, repository.isShallow, name),
    workingCopy: new GitWorkingCopy({
      git,
      standing: options.standing,
      repository,
      refs,
      checkouts,
      follower,
      leftBehind,
      isRemote: name !== null,
      head: () => store.head(),
    }),
    close: async (hasMoved) => {
      await follower.end();
      await checkouts.lookAgain();
      if (hasMoved) {
        await keepCommitGraph(git, repository, clock.now());
        await joinPacks(git, repository, folder, clock.now());
      }
      await reader.close();
    },
  });
  return store;
}
