/** Opens the state repository that the settings describe, with any driver. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { InternalError } from '../errors.js';
import { HeldLeases } from '../store/lease/held-leases.js';
import { Leases } from '../store/lease/leases.js';
import { type DamagedFile, setAsideDamaged } from '../store/local/damaged-files.js';
import { ProcessLock } from '../store/local/process-lock.js';
import { Turns } from '../store/local/turns.js';
import { Outbox } from '../store/outbox/outbox.js';
import type { Backend } from '../store/port/backend.js';
import type { DriverContext, Identity, LocalFolder, OpenedStore } from '../store/port/driver.js';
import type { OpenProposals } from '../store/port/proposals.js';
import type { Review } from '../store/port/review.js';
import { Publisher } from '../store/publish/publisher.js';
import { PushLog } from '../store/publish/push-log.js';
import { Rewrites } from '../store/publish/rewrites.js';
import { ScheduledPublisher } from '../store/publish/scheduled-publisher.js';
import { StateRepository } from '../store/state-repository.js';
import { chosenDriver, DRIVERS, loadCopies } from './drivers.js';
import type { GitFacet } from './git-driver.js';
import type { Settings } from './settings.js';
import { type Environment, systemClock, thisHost } from './this-host.js';
import { strangeness } from './trust.js';
import { xdgFolder } from './xdg-folder.js';

/** An open repository and its location. */
export interface OpenRepository {
  readonly repository: StateRepository;
  readonly leases: Leases;
  /** Name of the driver in the settings: `git`. */
  readonly backend: string;
  /** The folder or URL that was opened. */
  readonly path: string;
  /** The user's name for its line of revisions: the branch of a git repository. */
  readonly name: string;
  /** Path and name, for messages: `/srv/state (branch main)`. */
  readonly where: string;
  /** The folder for data of this machine alone. */
  readonly localFolder: string;
  /** The user's identity in the driver's own configuration. */
  readonly identity: Identity;
  readonly scheduled: ScheduledPublisher;
  readonly pushes: PushLog;
  /** Null if the driver cannot compare whole histories. */
  readonly review: Review | null;
  /** Undefined if the driver makes no backups. */
  readonly backup?: OpenedStore['backup'];
  /** Undefined if the driver restores no backup into an open store. */
  readonly restore?: OpenedStore['restore'];
  /** Undefined if the driver adds no checks of `kgit doctor`. */
  readonly checks?: OpenedStore['checks'];
  /** Absent if the driver has no proposals. */
  readonly proposals?: OpenProposals;
  /** Null for other drivers than git. */
  readonly git: GitFacet | null;
  /** kgit's own files that were damaged and have been set aside. */
  readonly damaged: readonly DamagedFile[];
}

/** Assembles what works on an open store, with this machine's files in `folder`. */
function assemble(
  store: Backend,
  folder: string,
  environment: Environment,
): Pick<OpenRepository, 'repository' | 'leases' | 'scheduled' | 'pushes'> {
  const outbox = new Outbox(folder);
  const publishLock = new ProcessLock(join(folder, 'publish.lock'), thisHost);
  const pushes = new PushLog(join(folder, 'pushes'));
  const clock = systemClock;
  const held = new HeldLeases(folder);
  const leases = new Leases({ store, held, publishLock, clock });
  const places = () => join(xdgFolder(environment, 'XDG_CACHE_HOME', '.cache'), 'turns');
  const isOwn = (path: string) => strangeness(path, process.getuid?.() ?? null) === null;
  const turns = new Turns(places, thisHost, clock, isOwn);
  const publisher = new Publisher({ store, outbox, publishLock, pushes, clock, leases, turns });
  const backgroundLock = new ProcessLock(join(folder, 'publisher.lock'), thisHost);
  const { target } = store;
  const scheduled = new ScheduledPublisher({ publisher, outbox, pushes, backgroundLock, clock, target });
  const repository = new StateRepository(
    store,
    outbox,
    publisher,
    clock,
    new Rewrites(folder, store, outbox),
  );
  return { repository, leases, scheduled, pushes };
}

/** Returns the folder, below the user's state folder, for a store without its own place for this machine's data. */
async function folderOf(target: string, environment: Environment): Promise<LocalFolder> {
  const stem = target.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 40);
  const name = `${stem}-${createHash('sha256').update(target).digest('hex').slice(0, 16)}`;
  const path = join(xdgFolder(environment, 'XDG_STATE_HOME', '.local/state'), name);
  return { path, damaged: await setAsideDamaged(path) };
}

/** Returns the values of a driver's own options. */
function optionsOf(driver: string, settings: Settings): DriverContext['options'] {
  const names = Object.keys(DRIVERS.get(driver)?.options ?? {});
  return Object.fromEntries(names.map((name) => [name, settings[`${driver}.${name}`]]));
}

export interface OpenOptions
  extends Pick<DriverContext, 'isOffline' | 'mayBeEmpty' | 'waits' | 'warn' | 'fs' | 'http'> {
  /** Whether the history is needed, or the head alone is enough: a clone of a URL is made accordingly. */
  readonly history?: boolean;
}

/**
 * Opens the state repository that the settings name, or the one in the current folder.
 * Throws NoRepositoryError, RemoteError, EnvironmentError.
 */
export async function openStateRepository(
  settings: Settings,
  cwd: string,
  environment: Environment,
  { history = true, ...options }: OpenOptions = {},
): Promise<OpenRepository> {
  const backend = chosenDriver(settings);
  const driver = DRIVERS.get(backend);
  if (driver === undefined) throw new InternalError(`there is no driver ${backend}`);
  const open = await driver.load();
  const { repo: place, timeout } = settings;
  const context: DriverContext = {
    ...options,
    place,
    store: settings.store,
    path: settings.path,
    options: optionsOf(backend, settings),
    cwd,
    environment,
    clock: systemClock,
    host: thisHost,
    localFolder: (target) => folderOf(target, environment),
    timeout,
    history,
  };
  const found = await open(context);
  const copied = settings.fallback === 'file' ? await (await loadCopies())(found, context) : found;
  const {
    store,
    localFolder: local,
    git = null,
    ...opened
  }: OpenedStore & { readonly git?: GitFacet | null } = copied;
  return {
    ...opened,
    git,
    backend,
    localFolder: local.path,
    damaged: local.damaged,
    ...assemble(store, local.path, environment),
  };
}
