/** Where the drivers are constructed: from the settings to an open state repository. */
import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NoRepositoryError, UsageError } from './errors.js';
import { Git } from './gitstore/git.js';
import { GitStore } from './gitstore/git-store.js';
import { stopGroups } from './gitstore/process-group.js';
import { openRepository, type Repository } from './gitstore/repository.js';
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

/** The same place from `src/` and from the bundle in `dist/`. */
const ASKPASS = fileURLToPath(new URL('../bin/askpass.sh', import.meta.url));
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
      stopGroups(signal);
      process.kill(process.pid, signal);
    });
  }
}

/** git as all of kgit runs it: with the tokens of the environment, asking only who sits at a terminal. */
export function openGit(path: string, environment: Environment): Git {
  const isInteractive = process.stdin.isTTY === true && process.stderr.isTTY === true;
  if (!isInteractive) endGitWithUs();
  return new Git(path, environment, { askpass: ASKPASS, isInteractive });
}

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

function assemble(
  layout: Repository,
  git: Git,
  branch: string,
): { repository: StateRepository; remote: string | null } {
  const remote = remoteOf(layout.config, branch);
  const folder = join(layout.commonDir, LOCAL_FOLDER);
  const store = new GitStore(git, {
    repository: layout,
    branch,
    remote,
    folder,
    committer: committerOf(layout.config),
    clock: systemClock,
  });
  const outbox = new Outbox(folder);
  const lock = new PublishLock(join(folder, 'publish.lock'), thisHost);
  const publisher = new Publisher({ store, outbox, lock, clock: systemClock });
  return { repository: new StateRepository(store, outbox, publisher, systemClock), remote };
}

/** Opens the state repository that the settings name, or the one stood in. Throws NoRepositoryError. */
export async function openStateRepository(
  settings: Settings,
  cwd: string,
  environment: Environment,
): Promise<OpenRepository> {
  const spec = settings.repo === undefined ? null : parseRepositorySpec(settings.repo);
  if (spec?.isUrl) {
    throw new UsageError('a repository is named by its folder', {
      suggestions: [`Clone it once with 'kgit clone ${spec.place}', then name the clone`],
      data: { repo: settings.repo },
    });
  }
  const path = resolve(cwd, spec?.place ?? '.');
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    (error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
      throw error;
    },
  );
  if (!isFolder)
    throw new NoRepositoryError(`there is no folder ${path}`, {
      suggestions: ['Check --repo and KGIT_REPO'],
      data: { path },
    });
  const finder = openGit(path, environment);
  const layout = await openRepository(finder, path);
  const git = finder.at(layout.commonDir, layout.workTree ?? layout.commonDir);
  const branch = spec?.branch ?? DEFAULT_BRANCH;
  const opened = { git, layout, path, branch, ...assemble(layout, git, branch) };
  const standing = spec?.branch === undefined ? await checkedOutBranch(layout.commonDir) : null;
  if (standing === null || standing === branch || (await opened.repository.store.head()).revision !== null)
    return opened;
  // A repository of before 'main', or whose team named its branch otherwise.
  return { ...opened, branch: standing, ...assemble(layout, git, standing) };
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
