/** Where the drivers are constructed: from the settings to an open state repository. */
import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { EnvironmentError, NoRepositoryError, UsageError } from './errors.js';
import { Git, withoutCredentials } from './gitstore/git.js';
import { GitStore } from './gitstore/git-store.js';
import { cloneName, fetchOptions, managedClone } from './gitstore/managed-clone.js';
import { BRANCH_KEY, openRepository, type Repository } from './gitstore/repository.js';
import type { Actor } from './model/operation.js';
import type { Settings } from './settings.js';
import { hasCode } from './store/durable-files.js';
import type { Clock, Host } from './store/host.js';
import { Outbox } from './store/outbox.js';
import { PublishLock } from './store/publish-lock.js';
import { Publisher } from './store/publisher.js';
import { StateRepository } from './store/state-repository.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The branch where state lies when nothing else is said. */
export const DEFAULT_BRANCH = 'main';
/** The folder, in the clone's common git folder, of outbox and locks. */
export const LOCAL_FOLDER = 'kgit';

function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // No /proc on this system: what it would tell stays unknown.
    return null;
  }
}

/** This machine and process. */
export const thisHost: Host = {
  hostname: hostname(),
  bootId: readProc('/proc/sys/kernel/random/boot_id'),
  pid: process.pid,
  processStart: (pid) =>
    readProc(`/proc/${pid}/stat`)
      ?.replace(/^.*\) /, '')
      .split(' ')[19] ?? null,
  isAlive: (pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return hasCode(error, 'EPERM');
    }
  },
};

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)),
  random: () => Math.random(),
};

/** A `--repo` value: a folder or a URL, and the branch behind `#`. */
export interface RepositorySpec {
  readonly place: string;
  readonly branch: string | undefined;
  readonly isUrl: boolean;
}

const BRANCH = /^(?![-/.])(?!.*(?:\.\.|\/\/|@\{|\.lock(?:\/|$)|[/.]$))[A-Za-z0-9._/@+-]{1,200}$/;

/** Reads `DIR|URL[#BRANCH]`. Throws UsageError for a place that git would take for an option or a program. */
export function parseRepositorySpec(text: string): RepositorySpec {
  const cut = text.lastIndexOf('#');
  const place = cut < 0 ? text : text.slice(0, cut);
  const branch = cut < 0 ? undefined : text.slice(cut + 1);
  if (
    place.startsWith('-') ||
    /^[a-z0-9-]+::/i.test(place) ||
    /[\u0000-\u001f\u007f]/.test(place) ||
    place === ''
  ) {
    throw new UsageError(`${JSON.stringify(place.slice(0, 80))} is not a folder or a URL of a repository`, {
      suggestions: ['Name a folder, or a URL such as https://host/team/state.git or git@host:team/state.git'],
      data: { repo: place.slice(0, 300) },
    });
  }
  if (branch !== undefined && !BRANCH.test(branch)) {
    throw new UsageError(`${JSON.stringify(branch.slice(0, 80))} is not a branch name`, {
      data: { branch: branch.slice(0, 300) },
    });
  }
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:[^/@\s]+@/i.test(place)) {
    throw new UsageError(
      'the URL holds a password, which would be seen by everybody on this machine and kept',
      {
        suggestions: ["Leave it out; git's credential helper or KGIT_TOKEN gives it"],
      },
    );
  }
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(place) || /^[^/\s]+@[^/\s]+:/.test(place);
  return { place, branch, isUrl };
}

/** An open repository and where it lies. */
export interface OpenRepository {
  readonly repository: StateRepository;
  readonly git: Git;
  readonly layout: Repository;
  readonly path: string;
  readonly branch: string;
  /** Name of the remote; null for a purely local repository. */
  readonly remote: string | null;
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
  return /^ref: refs\/heads\/(\S+)/.exec(head)?.[1] ?? null;
}

/** The committer: git's identity, or kgit's own where none is set. */
export function committerOf(config: ReadonlyMap<string, string>): Actor {
  const name = config.get('user.name');
  const email = config.get('user.email');
  return name && email ? { name, email } : { name: 'kgit', email: `kgit@${hostname()}` };
}

/** What of a store depends on whether its clone is the user's or one that kgit keeps. */
interface Place {
  /** Folder of outbox and locks. */
  readonly folder: string;
  readonly fetchOptions: readonly string[];
}

function assemble(
  layout: Repository,
  git: Git,
  branch: string,
  { folder, fetchOptions }: Place,
): { repository: StateRepository; remote: string | null } {
  const remote = remoteOf(layout.config, branch);
  const store = new GitStore(git, {
    repository: layout,
    branch,
    remote,
    folder,
    fetchOptions,
    committer: committerOf(layout.config),
    clock: systemClock,
  });
  const outbox = new Outbox(folder);
  const lock = new PublishLock(join(folder, 'publish.lock'), thisHost);
  const publisher = new Publisher({ store, outbox, lock, clock: systemClock });
  return { repository: new StateRepository(store, outbox, publisher, systemClock), remote };
}

/** A folder of the XDG base directory specification. Throws EnvironmentError where there is no home. */
function xdgFolder(environment: Environment, variable: string, preset: string): string {
  const home = environment['HOME'];
  const base = environment[variable] || (home && join(home, preset));
  if (base) return join(base, 'kgit');
  throw new EnvironmentError(`neither HOME nor ${variable} is set, so kgit has no place for its files`, {
    suggestions: ['Set HOME, or clone the repository with kgit clone and name the clone'],
  });
}

async function requireFolder(path: string): Promise<void> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    (error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
      throw error;
    },
  );
  if (isFolder) return;
  throw new NoRepositoryError(`there is no folder ${path}`, {
    suggestions: ['Check --repo and KGIT_REPO'],
    data: { path },
  });
}

/** Opens the clone that kgit keeps of a URL, made where it is not there yet. What must not be lost lies outside of it. */
async function openByUrl(
  spec: RepositorySpec,
  settings: Settings,
  environment: Environment,
  history: boolean,
): Promise<OpenRepository> {
  const folder = join(xdgFolder(environment, 'XDG_CACHE_HOME', '.cache'), 'clones');
  const state = xdgFolder(environment, 'XDG_STATE_HOME', '.local/state');
  const { place: url, branch: asked } = spec;
  const wanted = { url, branch: asked, folder, history, timeoutMs: settings.timeout, now: systemClock.now() };
  const path = await managedClone(new Git(tmpdir(), environment), wanted);
  const finder = new Git(path, environment);
  const layout = await openRepository(finder, path);
  const git = finder.at(layout.commonDir);
  const branch = layout.config.get(BRANCH_KEY) ?? DEFAULT_BRANCH;
  const own = { folder: join(state, cloneName(url, branch)), fetchOptions: fetchOptions(path) };
  return { git, layout, path: withoutCredentials(url), branch, ...assemble(layout, git, branch, own) };
}

/**
 * Opens the state repository that the settings name, or the one stood in.
 * @param history whether the history is to be read, or the tip alone is enough: a clone of a URL is made accordingly
 * Throws NoRepositoryError, RemoteError, EnvironmentError.
 */
export async function openStateRepository(
  settings: Settings,
  cwd: string,
  environment: Environment,
  history = true,
): Promise<OpenRepository> {
  const spec = settings.repo === undefined ? null : parseRepositorySpec(settings.repo);
  if (spec?.isUrl) return openByUrl(spec, settings, environment, history);
  const path = resolve(cwd, spec?.place ?? '.');
  await requireFolder(path);
  const finder = new Git(path, environment);
  const layout = await openRepository(finder, path);
  const git = finder.at(layout.commonDir, layout.workTree ?? layout.commonDir);
  const chosen = spec?.branch ?? layout.config.get(BRANCH_KEY);
  const branch = chosen ?? DEFAULT_BRANCH;
  const place = { folder: join(layout.commonDir, LOCAL_FOLDER), fetchOptions: [] };
  const opened = { git, layout, path, branch, ...assemble(layout, git, branch, place) };
  const standing = chosen === undefined ? await checkedOutBranch(layout.commonDir) : null;
  if (standing === null || standing === branch || (await opened.repository.store.head()).revision !== null)
    return opened;
  // A repository of before 'main', or whose team named its branch otherwise.
  return { ...opened, branch: standing, ...assemble(layout, git, standing, place) };
}

/** Who acts: the setting, CI's actor, git's user.name, the login name, in this order. */
export function actorOf(
  settings: Settings,
  environment: Environment,
  config: ReadonlyMap<string, string>,
): Actor {
  const named = settings.user ?? environment['GITHUB_ACTOR'] ?? environment['GITLAB_USER_LOGIN'];
  const gitName = config.get('user.name');
  const gitEmail = config.get('user.email');
  const name = named ?? gitName ?? loginName(environment);
  const host = hostname();
  if (gitEmail && (named === undefined || named === gitName)) return { name, email: gitEmail };
  return {
    name,
    email: name.includes('@') ? name : `${name.toLowerCase().replace(/[^a-z0-9._-]+/g, '.')}@${host}`,
  };
}

function loginName(environment: Environment): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return environment['USER'] ?? environment['LOGNAME'] ?? 'unknown';
  }
}

/** The run of the CI that this process belongs to: its id and its page. */
export function ciRun(environment: Environment): { id: string; url: string | null } | null {
  const github = environment['GITHUB_RUN_ID'];
  if (github) {
    const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = environment;
    return {
      id: github,
      url: server && repository ? `${server}/${repository}/actions/runs/${github}` : null,
    };
  }
  const gitlab = environment['CI_PIPELINE_ID'];
  return gitlab ? { id: gitlab, url: environment['CI_PIPELINE_URL'] ?? null } : null;
}
