/** Makes a store in a git repository without the git program. */
import { basename, dirname, join } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import type { Clock, Host, Waits } from '../../store/port/host.js';
import type { FileSystem } from '../../store/port/means.js';
import type { Review } from '../../store/port/review.js';
import type { Revision } from '../../store/port/state-store.js';
import type { WorkingCopy } from '../../store/port/working-copy.js';
import { FetchedBranch } from '../branch/fetched-branch.js';
import type { LostTip } from '../branch/known-tip.js';
import { fetchFailure } from '../branch/push-outcome.js';
import { GitStore } from '../git-store.js';
import { Ancestry } from '../history/ancestry.js';
import { LockRefs } from '../lock/lock-refs.js';
import { CommitBuilder, isOn } from '../objects/commit-builder.js';
import { withoutCredentials } from '../process/git.js';
import { isPartialClone, type Repository } from '../repository/repository.js';
import { CommitLine } from './commit-line.js';
import { EmbeddedHistory } from './embedded-history.js';
import { EmbeddedReview } from './embedded-review.js';
import { FileRefs } from './file-refs.js';
import { namesIn, textAt } from './files.js';
import { attributeFiles } from './git-config.js';
import { HttpRemote } from './http-remote.js';
import { LockFiles } from './lock-files.js';
import { MadeEmptyCommits, makeCommits, refuseFilters } from './made-commits.js';
import { ShallowFile } from './shallow-file.js';
import { StoredObjects } from './stored-objects.js';
import type { HttpPlace } from './wire/smart-http.js';

/** A remote over http or https. */
export interface EmbeddedRemote {
  /** Its name in the configuration. */
  readonly name: string;
  readonly place: HttpPlace;
}

export interface EmbeddedOptions {
  readonly fs: FileSystem;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly repository: Repository;
  /** The state branch. */
  readonly branch: string;
  /** Null for a purely local repository. */
  readonly remote: EmbeddedRemote | null;
  /** Folder for data that must not be lost: the clone's `kgit` folder, or one outside a clone that kgit keeps. */
  readonly folder: string;
  /** Whether kgit made the clone and may fetch more of its history. */
  readonly isManaged: boolean;
  readonly committer: Actor;
  readonly clock: Clock;
  readonly host: Host;
  /** ms; the limit of a fetch of missing objects. */
  readonly timeoutMs: number;
  readonly isOffline: boolean;
  readonly waits?: Waits | undefined;
}

/** What works on a repository. */
export interface EmbeddedParts {
  readonly objects: StoredObjects;
  readonly refs: FileRefs;
  readonly line: CommitLine;
  readonly remote: HttpRemote | null;
}

/** The filter of a partial clone; null in a whole one. */
function filterOf({ config }: Repository, remote: string | undefined): string | null {
  return (remote && config.get(`remote.${remote}.partialclonefilter`)) ?? null;
}

export function embeddedParts(options: EmbeddedOptions): EmbeddedParts {
  const { fs, repository, remote: named, folder, clock, host, timeoutMs, isOffline, waits } = options;
  const { commonDir } = repository;
  const filter = filterOf(repository, named?.name);
  const shown = `remote ${named?.name} (${named?.place.url})`;
  let remote: HttpRemote | null = null;
  const fetchMissing = isPartialClone(repository)
    ? async (oids: readonly string[]) =>
        remote?.fetchMissing(oids, timeoutMs, (result) => fetchFailure(result, shown, 'the command again'))
    : null;
  const objects = new StoredObjects({ fs, commonDir, fetchMissing });
  const locks = new LockFiles({ fs, commonDir, folder, host, clock });
  const shallow = new ShallowFile({ fs, commonDir }, locks);
  const refs = new FileRefs({ fs, commonDir }, locks);
  const line = new CommitLine(objects, shallow);
  if (named) {
    const { place, name } = named;
    remote = new HttpRemote({ place, name, refs, objects, line, shallow, filter, isOffline, waits });
  }
  return { objects, refs, line, remote };
}

/** The error for a branch whose checkout would not follow. */
function checkedOutHere(branch: string, path: string): EnvironmentError {
  return new EnvironmentError(
    `the branch ${branch} is checked out in ${path}, and backend: git-embedded does not update files`,
    {
      suggestions: [
        'Install git: kgit then uses it for this repository',
        'Or give up the checkout, and keep the repository alone: set core.bare to true in its configuration',
      ],
      data: { feature: 'checkouts', backend: 'git-embedded', branch, path },
    },
  );
}

/** The checkout of a branch in any worktree of a repository; null if there is none. */
async function checkoutOf(
  fs: FileSystem,
  { commonDir, config }: Repository,
  branch: string,
): Promise<string | null> {
  const isIn = async (folder: string) =>
    (await textAt(fs, join(folder, 'HEAD')))?.trimEnd() === `ref: refs/heads/${branch}`;
  const bare = config.get('core.bare');
  const isBare = bare === undefined ? basename(commonDir) !== '.git' : isOn(bare);
  if (!isBare && (await isIn(commonDir))) return dirname(commonDir);
  const worktrees = join(commonDir, 'worktrees');
  for (const name of await namesIn(fs, worktrees)) {
    const link = (await textAt(fs, join(worktrees, name, 'gitdir')))?.trimEnd();
    // What is left of a worktree that was removed does not count.
    const isThere = link !== undefined && (await textAt(fs, link)) !== null;
    if (isThere && (await isIn(join(worktrees, name)))) return dirname(link);
  }
  return null;
}

/** What is known of checkouts without git: where the user's HEAD is. */
export interface Standing {
  /** The checkout that contains the current folder; null if there is none. */
  readonly workTree: string | null;
  /** The branch that is checked out there; null if none is. */
  readonly checkedOut: string | null;
}

/** A store that the embedded git works for, and reviews of it. */
export function embeddedStore(
  parts: EmbeddedParts,
  options: EmbeddedOptions,
  { standing, lostTip }: { readonly standing: Standing; readonly lostTip: LostTip | null },
): { readonly store: GitStore; readonly review: Review } {
  const { objects, refs, line, remote } = parts;
  const { fs, environment, repository, branch, remote: named, folder, isManaged, committer, clock } = options;
  const { commonDir, config } = repository;
  const branchRef = `refs/heads/${branch}`;
  const address =
    named === null
      ? commonDir
      : withoutCredentials(config.get(`remote.${named.name}.url`) ?? named.place.url);
  const remoteName = `remote ${named?.name ?? null} (${address})`;
  const ancestry = new Ancestry(line);
  const tip = async () => (await refs.read([branchRef])).get(branchRef) ?? null;
  const place = {
    branch,
    folder,
    remoteName,
    isManaged,
    lostTip,
    leftBehind: { noteFormer: async () => undefined },
  };
  const attributes = { fs, commonDir, others: attributeFiles(config, environment) };
  const isCheckedOut = standing.checkedOut === branch && standing.workTree !== null;
  const store: GitStore = new GitStore({
    target: `${address}#${branch}`,
    branch,
    commonDir,
    clock,
    readsRemotely: isPartialClone(repository),
    reader: objects,
    builder: new CommitBuilder(objects, {
      committer,
      clock,
      refuseFiltered: (base, paths) => refuseFilters(objects, attributes, base, paths),
      make: async (commits, chain) => {
        refuseSigning(config);
        return { revisions: await makeCommits(objects, commits, chain) };
      },
    }),
    refs,
    graph: line,
    ancestry,
    line,
    mover: {
      tip,
      track: async (trackingRef, to) => {
        await refs.apply([`update ${trackingRef} ${to}\n`]);
      },
      move: async (moves) => {
        const checkout = isCheckedOut ? standing.workTree : await checkoutOf(fs, repository, branch);
        if (checkout !== null) return { kind: 'refused', error: checkedOutHere(branch, checkout) };
        const stderr = await refs.apply(moves);
        return stderr === null ? { kind: 'moved', notes: [] } : { kind: 'lost', stderr };
      },
    },
    published:
      remote === null || named === null
        ? null
        : {
            remote,
            fetched: new FetchedBranch(
              { remote, refs, graph: line, ancestry },
              { ...place, remote: named.name },
            ),
          },
    leases: new LockRefs(
      { remote, refs, reader: objects, commits: new MadeEmptyCommits(objects) },
      { remote: named?.name ?? null, remoteName, branch, folder, committer },
    ),
    history: new EmbeddedHistory({
      ...{ objects, refs, line },
      isShallow: repository.isShallow,
      remote: named?.name ?? null,
    }),
    workingCopy: workingCopyOf(refs, line, { isCheckedOut, standing, head: () => store.head() }),
    close: async () => undefined,
  });
  return { store, review: new EmbeddedReview(objects, line, isPartialClone(repository)) };
}

function refuseSigning(config: Repository['config']): void {
  if (!isOn(config.get('commit.gpgsign'))) return;
  throw new EnvironmentError('git is set up to sign commits, and backend: git-embedded cannot sign', {
    suggestions: [
      'Install git: kgit then uses it for this repository',
      'Or turn signing off for this repository: commit.gpgSign = false in its configuration',
    ],
    data: { feature: 'signatures', backend: 'git-embedded', setting: 'commit.gpgSign' },
  });
}

interface Followed {
  readonly isCheckedOut: boolean;
  readonly standing: Standing;
  readonly head: () => Promise<{ readonly revision: Revision | null }>;
}

/** Checkouts stay where they are. */
function workingCopyOf(
  refs: FileRefs,
  line: CommitLine,
  { isCheckedOut, standing, head }: Followed,
): WorkingCopy {
  const local = async () => {
    const ref = `refs/heads/${standing.checkedOut}`;
    return standing.checkedOut === null ? null : ((await refs.read([ref])).get(ref) ?? null);
  };
  const behind = async () => {
    const [{ revision }, at] = [await head(), await local()];
    return revision === null || at === null || !isCheckedOut ? 0 : line.count(revision, at);
  };
  return {
    checkedOut: local,
    prepare: async () => undefined,
    settle: async () => {
      await refs.removeLeftBehind();
      return [];
    },
    follow: async () =>
      (await behind()) === 0
        ? []
        : [
            `${standing.workTree} was left where it is: backend: git-embedded does not update files; with git: git -C ${standing.workTree} pull --ff-only`,
          ],
    behind,
  };
}
