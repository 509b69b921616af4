/** Opens git repositories: the one in the current folder, a named one, or the clone that kgit keeps of a URL. */
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isatty } from 'node:tty';
import { UsageError } from '../errors.js';
import { GitRemote } from '../gitstore/branch/git-remote.js';
import { type LostTip, recallTip } from '../gitstore/branch/known-tip.js';
import { Refs } from '../gitstore/branch/refs.js';
import { gitStore } from '../gitstore/git-program.js';
import { GitGraph } from '../gitstore/history/graph.js';
import { Git, withoutCredentials } from '../gitstore/process/git.js';
import { allowLazyFetches } from '../gitstore/process/lazy-fetches.js';
import type { CommitHook } from '../gitstore/repository/commit-hook.js';
import {
  cloneName,
  fetchOptions,
  gitFill,
  isTipOnly,
  managedClone,
} from '../gitstore/repository/managed-clone.js';
import { BRANCH_KEY, openRepository, type Repository } from '../gitstore/repository/repository.js';
import { requireFolder } from '../gitstore/repository/require-folder.js';
import { GitReview } from '../gitstore/review/git-review.js';
import type { StagingPlace } from '../gitstore/review/staged-files.js';
import type { Actor } from '../model/operation/operation.js';
import { parseRepositorySpec, type RepositorySpec } from '../model/subject/repository-spec.js';
import { PACKAGE_ROOT } from '../package-root.js';
import { readFile } from '../platform/small-files.js';
import { IS_LINUX } from '../platform/system.js';
import { endChildren } from '../process/child.js';
import { setAsideDamaged } from '../store/local/damaged-files.js';
import { sharedFileMode, shareFolder } from '../store/local/shared-folders.js';
import { Outbox } from '../store/outbox/outbox.js';
import type { DriverContext, OpenedStore } from '../store/port/driver.js';
import type { Proposals } from '../store/port/proposals.js';
import { isDevice } from '../terminal/standard-streams.js';
import { DEFAULT_BRANCH, LOCAL_FOLDER, liesAt, refuseCommitted, usableRemote } from './git-places.js';
import { committerOf, identityOf } from './identity.js';
import { requireGit } from './required-git.js';
import { type Environment, systemClock, thisHost, thisUser } from './this-host.js';
import { xdgFolder } from './xdg-folder.js';

const ASKPASS = join(PACKAGE_ROOT, 'bin/askpass.sh');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Whose repositories are opened without git. Elsewhere than on Linux, only git knows where its system configuration is. */
const TRUSTED = IS_LINUX ? thisUser : null;
let watchesSignals = false;

/** Ends git processes when a signal ends this one: in their own process group they do not receive it. */
function endGitWithUs(): void {
  if (watchesSignals) return;
  watchesSignals = true;
  for (const signal of SIGNALS) {
    process.once(signal, () => {
      // Other listeners decide what becomes of this process.
      if (process.listenerCount(signal) > 0) return;
      const end = () => process.kill(process.pid, signal);
      endChildren(signal).then(end, end);
    });
  }
}

/** Creates the git runner for all of kgit: it uses the tokens of the environment, and prompts only on a terminal. */
export function openGit(
  path: string,
  environment: Environment,
  options: Pick<DriverContext, 'isOffline' | 'waits'> = {},
): Git {
  const { isOffline = false, waits } = options;
  // Reading `process.stdin.isTTY` would open stdin, and `isatty` loads all of `node:net`.
  const isInteractive = isDevice(2) && isDevice(0) && isatty(0) && isatty(2);
  if (!isInteractive) endGitWithUs();
  const access = { askpass: ASKPASS, isInteractive, isOffline, ...(waits && { waits }) };
  return new Git(path, environment, { ...access, beforeStart: () => requireGit(environment) });
}

/** What only a git repository has. */
export interface GitFacet {
  /** Runs in the folder that all worktrees share. */
  readonly git: Git;
  readonly layout: Repository;
  /** The state branch. */
  readonly branch: string;
  /** Name of the remote; null for a purely local repository. */
  readonly remote: string | null;
  /** URL of the remote, without credentials; null for a purely local repository. */
  readonly address: string | null;
  /** The hook that checks what is staged. */
  readonly commitHook: () => Promise<CommitHook>;
}

/** An open git repository. */
export interface OpenedGit extends OpenedStore {
  readonly git: GitFacet;
}

async function checkedOutBranch(commonDir: string): Promise<string | null> {
  const head = await readFile(join(commonDir, 'HEAD'), 'utf8');
  return /^ref: refs\/heads\/([^\n]+)/.exec(head)?.[1] ?? null;
}

/** Opens the proposals at the remote. Throws UsageError if there is none. */
async function openProposals(
  { git, layout, branch, remote }: GitFacet,
  committer: Actor,
): Promise<Proposals> {
  if (remote === null)
    throw new UsageError('this repository has no remote, so there is nobody to propose to', {
      suggestions: ['Write without --propose', 'Or add one: git remote add origin URL'],
    });
  // Loaded late: few commands propose anything.
  const { GitProposals } = await import('../gitstore/review/git-proposals.js');
  return new GitProposals(git, { repository: layout, remote, branch, committer, clock: systemClock });
}

/** What differs between the user's clone and one that kgit keeps. */
interface Place {
  readonly git: Git;
  readonly layout: Repository;
  /** The folder or URL that was opened. */
  readonly path: string;
  readonly localFolder: OpenedStore['localFolder'] & object;
  /** git in the user's current folder; null if nothing is checked out. */
  readonly standing: Git | null;
  /** The index from which the user commits; null if nothing is checked out. */
  readonly staging: StagingPlace | null;
  readonly fetchOptions: readonly string[];
  readonly isManaged: boolean;
  readonly lostTip?: LostTip | null;
}

function openedAt(branch: string, { git, layout, path, localFolder, staging, ...place }: Place): OpenedGit {
  const remote = usableRemote(layout, branch);
  const identity = identityOf(layout.config);
  const url = remote === null ? null : (layout.config.get(`remote.${remote}.url`) ?? '');
  const commitHook = async () => {
    const hook = await import('../gitstore/repository/commit-hook.js');
    return new hook.CommitHook(git, layout);
  };
  const address = url === null ? null : withoutCredentials(url);
  const facet = { git, layout, branch, remote, address, commitHook };
  const store = gitStore(git, {
    ...place,
    repository: layout,
    branch,
    remote,
    folder: localFolder.path,
    committer: committerOf(identity),
    clock: systemClock,
    host: thisHost,
  });
  return {
    store,
    path,
    name: branch,
    where: `${path} (branch ${branch})`,
    localFolder,
    identity,
    review: new GitReview(git, layout, staging),
    proposals: () => openProposals(facet, committerOf(identity)),
    backup: async (request) => {
      const { backUpClone } = await import('../gitstore/backup/backup.js');
      return backUpClone({ ...facet, folder: localFolder.path, head: () => store.head() }, request);
    },
    checks: async (inspection) => {
      const { cloneChecks } = await import('../gitstore/doctor/clone-checks.js');
      return cloneChecks(
        { ...facet, folder: join(layout.commonDir, LOCAL_FOLDER), store },
        inspection,
        thisHost,
      );
    },
    git: facet,
  };
}

/**
 * Opens the clone that kgit keeps of a URL, and creates it if it is missing. Data that must not be lost is kept outside
 * it.
 */
async function openByUrl(spec: RepositorySpec, context: DriverContext): Promise<OpenedGit> {
  const { environment, timeout: timeoutMs, history, mayBeEmpty = false } = context;
  const folder = join(xdgFolder(environment, 'XDG_CACHE_HOME', '.cache'), 'clones');
  const state = xdgFolder(environment, 'XDG_STATE_HOME', '.local/state');
  const { place: url, branch: asked } = spec;
  const outside = openGit(tmpdir(), environment, context);
  const now = systemClock.now();
  const wanted = { url, branch: asked, mayBeEmpty, timeoutMs };
  const path = await managedClone(gitFill(outside, wanted), { url, branch: asked, folder, history, now });
  const finder = openGit(path, environment, context);
  const layout = await openRepository(finder, path, TRUSTED);
  const git = finder.at(layout.commonDir, layout.commonDir, layout.config);
  await allowLazyFetches([git], layout, timeoutMs);
  const branch = layout.config.get(BRANCH_KEY) ?? DEFAULT_BRANCH;
  const own = join(state, cloneName(url, branch));
  const damaged = [
    ...(await setAsideDamaged(own)),
    ...(await setAsideDamaged(join(layout.commonDir, LOCAL_FOLDER))),
  ];
  const remote = new GitRemote(git, { name: 'origin', repository: layout, fetchOptions: fetchOptions(path) });
  const clone = { refs: new Refs(git, layout), graph: new GitGraph(git), remote };
  const lostTip = await recallTip(clone, {
    branch,
    folder: own,
    isTipOnly: isTipOnly(path),
    timeoutMs,
    holds: () => new Outbox(own).holds(),
  });
  return openedAt(branch, {
    git,
    layout,
    path: withoutCredentials(url),
    localFolder: { path: own, damaged },
    standing: null,
    staging: null,
    fetchOptions: fetchOptions(path),
    isManaged: true,
    lostTip,
  });
}

/**
 * Opens the named git repository, or the one in the current folder.
 * Throws NoRepositoryError, RemoteError, EnvironmentError.
 */
export async function openGitRepository(context: DriverContext): Promise<OpenedGit> {
  const { place, cwd, environment, timeout } = context;
  const spec = place === undefined ? null : parseRepositorySpec(place, liesAt(cwd));
  if (spec?.isUrl) return openByUrl(spec, context);
  const path = resolve(cwd, spec?.place ?? '.');
  await requireFolder(path);
  const finder = openGit(path, environment, context);
  const layout = await openRepository(finder, path, TRUSTED);
  if (spec === null) refuseCommitted(layout, path);
  const git = finder.at(layout.commonDir, layout.workTree ?? layout.commonDir, layout.config);
  await allowLazyFetches([git, finder], layout, timeout);
  const chosen = spec?.branch ?? layout.config.get(BRANCH_KEY);
  const branch = chosen ?? DEFAULT_BRANCH;
  const folder = join(layout.commonDir, LOCAL_FOLDER);
  const mode = sharedFileMode(layout.config.get('core.sharedrepository'));
  if (mode !== null) await shareFolder(folder, mode);
  const own: Place = {
    git,
    layout,
    path,
    localFolder: { path: folder, damaged: await setAsideDamaged(folder) },
    standing: layout.workTree === null ? null : finder,
    staging:
      layout.workTree === null
        ? null
        : { standing: finder, folder: cwd, indexFile: environment['GIT_INDEX_FILE'] },
    fetchOptions: [],
    isManaged: false,
  };
  const opened = openedAt(branch, own);
  const standing = chosen === undefined ? await checkedOutBranch(layout.commonDir) : null;
  if (standing === null || standing === branch || (await opened.store.head()).revision !== null)
    return opened;
  // A repository that is older than 'main', or whose team named its branch otherwise.
  return openedAt(standing, own);
}
