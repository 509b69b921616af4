/** Where the drivers are constructed: from the settings to an open state repository. */
import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { isatty } from 'node:tty';
import { EnvironmentError, NoRepositoryError } from '../errors.js';
import { type LostTip, recallTip } from '../gitstore/branch/known-tip.js';
import { GitStore } from '../gitstore/git-store.js';
import { Git, withoutCredentials } from '../gitstore/process/git.js';
import { allowLazyFetches } from '../gitstore/process/lazy-fetches.js';
import type { AccessOptions } from '../gitstore/process/remote-access.js';
import { requireGit } from '../gitstore/repository/git-version.js';
import { cloneName, fetchOptions, firstOptions, managedClone } from '../gitstore/repository/managed-clone.js';
import { BRANCH_KEY, openRepository, type Repository } from '../gitstore/repository/repository.js';
import { requireFolder } from '../gitstore/repository/require-folder.js';
import { GitReview } from '../gitstore/review/git-review.js';
import { parseRepositorySpec, type RepositorySpec } from '../model/subject/repository-spec.js';
import { PACKAGE_ROOT } from '../package-root.js';
import { endChildren } from '../process/child.js';
import { HeldLeases } from '../store/lease/held-leases.js';
import { Leases } from '../store/lease/leases.js';
import { type DamagedFile, setAsideDamaged } from '../store/local/damaged-files.js';
import { PublishLock } from '../store/local/publish-lock.js';
import { randomBytes } from '../store/local/random-bytes.js';
import { sharedFileMode, shareFolder } from '../store/local/shared-folders.js';
import { Outbox } from '../store/outbox/outbox.js';
import type { Review } from '../store/port/review.js';
import { Publisher } from '../store/publish/publisher.js';
import { PushLog } from '../store/publish/push-log.js';
import { Rewrites } from '../store/publish/rewrites.js';
import { ScheduledPublisher } from '../store/publish/scheduled-publisher.js';
import { StateRepository } from '../store/state-repository.js';
import { committerOf, type Identity, identityOf } from './identity.js';
import type { Settings } from './settings.js';
import { type Environment, systemClock, thisHost } from './this-host.js';
import { checkoutOf, committable, isInGitFolder, ownFolder } from './trust.js';

/** The branch where state lies when nothing else is said. */
export const DEFAULT_BRANCH = 'main';
/** The folder, in the clone's common git folder, of outbox and locks. */
export const LOCAL_FOLDER = 'kgit';

const ASKPASS = join(PACKAGE_ROOT, 'bin/askpass.sh');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
let watchesSignals = false;

/** A git in a group of its own does not hear what ends this process, so it is told. */
function endGitWithUs(): void {
  if (watchesSignals) return;
  watchesSignals = true;
  for (const signal of SIGNALS) {
    process.once(signal, () => {
      // Who else listens decides what becomes of this process.
      if (process.listenerCount(signal) > 0) return;
      const end = () => process.kill(process.pid, signal);
      endChildren(signal).then(end, end);
    });
  }
}

/** Whether something lies at a path, which is read from `cwd` where it is relative. */
export function liesAt(cwd: string): (path: string) => boolean {
  return (path) => existsSync(resolve(cwd, path));
}

/** git as all of kgit runs it: with the tokens of the environment, asking only who sits at a terminal. */
export function openGit(path: string, environment: Environment, options: OpenOptions = {}): Git {
  const { isOffline = false, waits } = options;
  // process.stdin would be opened for it, which takes as long as a process to start.
  const isInteractive = isatty(0) && isatty(2);
  if (!isInteractive) endGitWithUs();
  return new Git(path, environment, { askpass: ASKPASS, isInteractive, isOffline, ...(waits && { waits }) });
}

/** What only a git repository has. */
export interface GitFacet {
  /** Aimed at the folder that all worktrees share. */
  readonly git: Git;
  readonly layout: Repository;
  /** The state branch. */
  readonly branch: string;
  /** Name of the remote; null for a purely local repository. */
  readonly remote: string | null;
}

/** An open repository and where it lies. */
export interface OpenRepository {
  readonly repository: StateRepository;
  readonly leases: Leases;
  /** The driver, by its name in the settings: `git`. */
  readonly backend: string;
  /** The folder or URL that was opened. */
  readonly path: string;
  /** What people call the line of revisions in it: the branch of a git repository. */
  readonly name: string;
  /** Path and name, for messages: `/work/state (branch main)`. */
  readonly where: string;
  /** The folder of what is this machine's alone. */
  readonly localFolder: string;
  /** Who the user is in the driver's own configuration. */
  readonly identity: Identity;
  readonly scheduled: ScheduledPublisher;
  readonly pushes: PushLog;
  /** Null where the driver cannot compare whole histories. */
  readonly review: Review | null;
  /** Null where the driver is another one. */
  readonly git: GitFacet | null;
  /** What was damaged among kgit's own files, and was set aside. */
  readonly damaged: readonly DamagedFile[];
}

function remoteOf(config: ReadonlyMap<string, string>, branch: string): string | null {
  const chosen = config.get(`branch.${branch}.remote`);
  if (chosen && chosen !== '.' && config.has(`remote.${chosen}.url`)) return chosen;
  if (config.has('remote.origin.url')) return 'origin';
  const names = [...config.keys()].flatMap((key) => /^remote\.(.+)\.url$/.exec(key)?.[1] ?? []);
  return names.length === 1 ? (names[0] as string) : null;
}

async function checkedOutBranch(commonDir: string): Promise<string | null> {
  const head = await readFile(join(commonDir, 'HEAD'), 'utf8');
  return /^ref: refs\/heads\/([^\n]+)/.exec(head)?.[1] ?? null;
}

/** What of a store depends on whether its clone is the user's or one that kgit keeps. */
interface Place {
  /** Folder of outbox and locks. */
  readonly folder: string;
  /** The folder or URL that was opened. */
  readonly path: string;
  /** git where the user stands; null where nothing is checked out. */
  readonly standing: Git | null;
  readonly fetchOptions: readonly string[];
  readonly isManaged: boolean;
  readonly lostTip?: LostTip | null;
}

const newNonce = () => randomBytes(16).toString('hex');

/** Names that git cannot take for an option. */
const REMOTE_NAME = /^[^-\u0000-\u0020\u007f][^\u0000-\u0020\u007f]*$/;

function assemble(
  layout: Repository,
  git: Git,
  branch: string,
  { path, folder, standing, fetchOptions, isManaged, lostTip = null }: Place,
): Pick<OpenRepository, 'repository' | 'leases' | 'name' | 'where' | 'scheduled' | 'pushes' | 'git'> {
  const remote = remoteOf(layout.config, branch);
  if (remote !== null && !REMOTE_NAME.test(remote)) {
    throw new EnvironmentError(
      `the git remote ${JSON.stringify(remote.slice(0, 80))} has a name that kgit does not use`,
      {
        suggestions: [
          "Look at the repository's configuration, git config --list --local, before you trust it",
          'Rename it: git remote rename',
        ],
        data: { remote: remote.slice(0, 300) },
      },
    );
  }
  const store = new GitStore(git, {
    repository: layout,
    branch,
    remote,
    standing,
    folder,
    fetchOptions,
    isManaged,
    lostTip,
    committer: committerOf(identityOf(layout.config)),
    clock: systemClock,
    host: thisHost,
  });
  const outbox = new Outbox(folder);
  const lock = new PublishLock(join(folder, 'publish.lock'), thisHost);
  const pushes = new PushLog(join(folder, 'pushes'));
  const clock = systemClock;
  const held = new HeldLeases(folder);
  const leases = new Leases({ store, held, lock, clock, nonce: newNonce });
  const publisher = new Publisher({ store, outbox, lock, pushes, clock, leases });
  const background = new PublishLock(join(folder, 'publisher.lock'), thisHost);
  const { target } = store;
  const scheduled = new ScheduledPublisher({ publisher, outbox, pushes, lock: background, clock, target });
  const repository = new StateRepository(
    store,
    outbox,
    publisher,
    clock,
    new Rewrites(folder, store, outbox),
  );
  const where = `${path} (branch ${branch})`;
  return { repository, leases, name: branch, where, scheduled, pushes, git: { git, layout, branch, remote } };
}

/** A folder of the XDG base directory specification. Throws EnvironmentError where there is no home. */
function xdgFolder(environment: Environment, variable: string, preset: string): string {
  const folder = ownFolder(environment, variable, preset);
  if (folder === null)
    throw new EnvironmentError(`neither HOME nor ${variable} is set, so kgit has no place for its files`, {
      suggestions: ['Set HOME, or clone the repository with kgit clone and name the clone'],
    });
  const checkout = committable(folder, environment);
  if (checkout === null) return join(folder.path, 'kgit');
  throw new EnvironmentError(
    `${folder.path} lies in the git checkout ${checkout}: clones and waiting writes in it could come with a commit of others`,
    {
      suggestions: [`Set ${variable} to a folder outside of every checkout`],
      data: { path: folder.path, checkout },
    },
  );
}

/** Opens the clone that kgit keeps of a URL, made where it is not there yet. What must not be lost lies outside of it. */
async function openByUrl(
  spec: RepositorySpec,
  settings: Settings,
  environment: Environment,
  options: OpenOptions,
): Promise<OpenRepository> {
  const folder = join(xdgFolder(environment, 'XDG_CACHE_HOME', '.cache'), 'clones');
  const state = xdgFolder(environment, 'XDG_STATE_HOME', '.local/state');
  const { place: url, branch: asked } = spec;
  const { history = true } = options;
  const wanted = { url, branch: asked, folder, history, timeoutMs: settings.timeout, now: systemClock.now() };
  const outside = openGit(tmpdir(), environment, options);
  await requireGit(outside, environment);
  const path = await managedClone(outside, wanted);
  const finder = openGit(path, environment, options);
  const layout = await openRepository(finder, path);
  const git = finder.at(layout.commonDir, layout.commonDir, layout.config);
  await allowLazyFetches([git], layout, settings.timeout);
  const branch = layout.config.get(BRANCH_KEY) ?? DEFAULT_BRANCH;
  const own = {
    folder: join(state, cloneName(url, branch)),
    path: withoutCredentials(url),
    standing: null,
    fetchOptions: fetchOptions(path),
    isManaged: true,
  };
  const damaged = [
    ...(await setAsideDamaged(own.folder)),
    ...(await setAsideDamaged(join(layout.commonDir, LOCAL_FOLDER))),
  ];
  const lostTip = await recallTip(git, layout, {
    ...{ branch, folder: own.folder, fetchOptions: firstOptions(path), timeoutMs: settings.timeout },
    holds: () => new Outbox(own.folder).holds(),
  });
  const review = new GitReview(git, layout);
  const base = { path: own.path, localFolder: own.folder, identity: identityOf(layout.config) };
  return {
    ...base,
    backend: 'git',
    review,
    damaged,
    ...assemble(layout, git, branch, { ...own, lostTip }),
  };
}

/** Throws NoRepositoryError where what is stood in is a bare repository inside a checkout: its configuration came with the files. */
function refuseCommitted({ commonDir }: Repository, path: string): void {
  const isStoodIn = `${realpathSync(path)}${sep}`.startsWith(`${commonDir}${sep}`);
  if (!isStoodIn || isInGitFolder(commonDir)) return;
  const checkout = checkoutOf(dirname(commonDir));
  if (checkout === null) return;
  throw new NoRepositoryError(
    `the bare repository ${commonDir} lies in the git checkout ${checkout}, so its configuration can come with a commit of others`,
    {
      suggestions: [`Where it is your own, name it: --repo ${commonDir}`],
      data: { path: commonDir, checkout },
    },
  );
}

export interface OpenOptions extends Pick<AccessOptions, 'isOffline' | 'waits'> {
  /** Whether the history is to be read, or the tip alone is enough: a clone of a URL is made accordingly. */
  readonly history?: boolean;
}

/**
 * Opens the state repository that the settings name, or the one stood in.
 * Throws NoRepositoryError, RemoteError, EnvironmentError.
 */
export async function openStateRepository(
  settings: Settings,
  cwd: string,
  environment: Environment,
  options: OpenOptions = {},
): Promise<OpenRepository> {
  const spec = settings.repo === undefined ? null : parseRepositorySpec(settings.repo, liesAt(cwd));
  if (spec?.isUrl) return openByUrl(spec, settings, environment, options);
  const path = resolve(cwd, spec?.place ?? '.');
  await requireFolder(path);
  const finder = openGit(path, environment, options);
  await requireGit(finder, environment);
  const layout = await openRepository(finder, path);
  if (spec === null) refuseCommitted(layout, path);
  const git = finder.at(layout.commonDir, layout.workTree ?? layout.commonDir, layout.config);
  await allowLazyFetches([git, finder], layout, settings.timeout);
  const chosen = spec?.branch ?? layout.config.get(BRANCH_KEY);
  const branch = chosen ?? DEFAULT_BRANCH;
  const place = {
    path,
    folder: join(layout.commonDir, LOCAL_FOLDER),
    standing: layout.workTree === null ? null : finder,
    fetchOptions: [],
    isManaged: false,
  };
  const mode = sharedFileMode(layout.config.get('core.sharedrepository'));
  if (mode !== null) await shareFolder(place.folder, mode);
  const localFolder = place.folder;
  const damaged = await setAsideDamaged(localFolder);
  const review = new GitReview(git, layout);
  const identity = identityOf(layout.config);
  const base = { backend: 'git', path, localFolder, identity, review, damaged };
  const opened = { ...base, ...assemble(layout, git, branch, place) };
  const standing = chosen === undefined ? await checkedOutBranch(layout.commonDir) : null;
  if (standing === null || standing === branch || (await opened.repository.store.head()).revision !== null)
    return opened;
  // A repository of before 'main', or whose team named its branch otherwise.
  return { ...base, ...assemble(layout, git, standing, place) };
}
