import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { EnvironmentError, NoRepositoryError } from '../../errors.js';
import { realpath } from '../../platform/small-files.js';
import { type Git, type GitResult, gitFailed } from '../process/git.js';
import { plainRepository } from './plain-repository.js';

/** The oldest git with everything that kgit uses: that of Ubuntu 22.04. */
export const GIT_FLOOR = '2.34';

/** The git setting that names a clone's state branch, if it is not the default one. */
export const BRANCH_KEY = 'kgit.branch';

/** A git repository: an ordinary one, a bare one, or one with linked worktrees. */
export interface Repository {
  /** The folder that all worktrees share: objects, refs, kgit's outbox. */
  readonly commonDir: string;
  /** The checkout that contains the current folder; null in a bare repository. */
  readonly workTree: string | null;
  /**
   * Its configuration, all scopes merged: the last value of each key. Keys are in lower case, except for their middle
   * part.
   */
  readonly config: ReadonlyMap<string, string>;
  /** Whether it is a shallow clone. */
  readonly isShallow: boolean;
}

function parseConfig(output: Buffer): Map<string, string> {
  const config = new Map<string, string>();
  for (const item of output.toString('utf8').split('\0')) {
    const cut = item.indexOf('\n');
    if (item) config.set(cut < 0 ? item : item.slice(0, cut), cut < 0 ? 'true' : item.slice(cut + 1));
  }
  return config;
}

function askConfig(git: Git, folder: string): Promise<GitResult> {
  return git.run(['config', '--list', '-z'], { cwd: folder });
}

/** git's effective configuration in a folder, inside a repository or not. */
export async function readConfig(git: Git, folder: string): Promise<Map<string, string>> {
  return parseConfig((await askConfig(git, folder)).stdout);
}

/**
 * Parses the output of `rev-parse`: common folder, object format, and the work tree if there is one. Names may contain
 * line ends.
 */
function parsePlace(output: string): { commonDir?: string; format?: string; workTree?: string } {
  const [, commonDir, format, workTree] = /^(.*?)\n(sha1|sha256)\n(?:(.*)\n)?$/s.exec(output) ?? [];
  return commonDir && format ? { commonDir, format, ...(workTree ? { workTree } : {}) } : {};
}

/** The error for a folder that is in no repository. */
export function noRepository(folder: string): NoRepositoryError {
  return new NoRepositoryError(`${folder} is not in a git repository`, {
    suggestions: [
      "Begin one here: 'kgit init'",
      "Join your team's: 'kgit clone URL', or name it with --repo",
    ],
    data: { path: folder },
  });
}

const PLACE = [
  'rev-parse',
  '--path-format=absolute',
  '--git-common-dir',
  '--show-object-format',
  '--show-toplevel',
];

/**
 * Finds the repository that contains `folder`. Throws NoRepositoryError if there is none, EnvironmentError if git is
 * missing or may not read it.
 * @param user uid whose ordinary repositories need no question to git; null to ask git always
 */
export async function openRepository(
  git: Git,
  folder: string,
  user: number | null = null,
): Promise<Repository> {
  const plain = user === null ? null : plainRepository(folder, git.environment, user);
  if (plain !== null) return { ...plain, isShallow: existsSync(join(plain.commonDir, 'shallow')) };
  const [place, config] = await Promise.all([git.run(PLACE, { cwd: folder }), askConfig(git, folder)]);
  const { commonDir, format, workTree } = parsePlace(place.stdout.toString('utf8'));
  if (!commonDir?.startsWith('/') && !/^[A-Za-z]:/.test(commonDir ?? '')) {
    if (!/not a git repository/.test(place.stderr)) throw gitFailed(['rev-parse'], place.code, place.stderr);
    throw noRepository(folder);
  }
  if (format !== 'sha1') {
    throw new EnvironmentError(`${folder} is a ${format} repository, and kgit works with sha1 ones`, {
      suggestions: ['Use a repository made without --object-format'],
      data: { objectFormat: format },
    });
  }
  const shared = await realpath(commonDir as string);
  return {
    commonDir: shared,
    workTree: workTree || null,
    config: parseConfig(config.stdout),
    isShallow: existsSync(join(shared, 'shallow')),
  };
}

/** The main work tree of a repository, seen from any of its checkouts; null if it is bare. */
export function mainWorkTree({ commonDir, workTree, config }: Repository): string | null {
  const configured = config.get('core.worktree');
  if (configured) return isAbsolute(configured) ? configured : resolve(commonDir, configured);
  if (config.get('core.bare') === 'true') return null;
  return commonDir.endsWith('/.git') ? dirname(commonDir) : workTree;
}

/** The version in what `git version` prints, such as 2.47.3; all of it if it has no number. */
export function versionIn(text: string): string {
  return /\d+\.\d+(?:\.\d+)*/.exec(text)?.[0] ?? text.trim();
}

/** Returns git's version, as `versionIn`. Throws EnvironmentError. */
export async function gitVersion(git: Git): Promise<string> {
  return versionIn(await git.text(['version']));
}

/** Throws EnvironmentError if a version of git is older than GIT_FLOOR. */
export function requireFloor(version: string): void {
  const [major = Number.NaN, minor = Number.NaN] = version.split('.').map(Number);
  const [floorMajor, floorMinor] = GIT_FLOOR.split('.').map(Number) as [number, number];
  if (major > floorMajor || (major === floorMajor && minor >= floorMinor)) return;
  throw new EnvironmentError(`git is ${version}, and kgit needs ${GIT_FLOOR} or newer`, {
    suggestions: [`Update git to ${GIT_FLOOR} or newer, or put a newer one first in PATH`],
    data: { version, needed: GIT_FLOOR },
  });
}

/** Returns git's version. Throws EnvironmentError if it is older than GIT_FLOOR. */
export async function checkGitVersion(git: Git): Promise<string> {
  const version = await gitVersion(git);
  requireFloor(version);
  return version;
}

/** The remote from which git fetches missing objects on demand, one by one; null if all objects are here. */
export function promisor({ config }: Pick<Repository, 'config'>): string | null {
  for (const key of config.keys()) {
    const name = /^remote\.(.*)\.promisor$/s.exec(key)?.[1];
    if (name !== undefined) return name;
  }
  return null;
}

/** Whether objects may be missing here. */
export function isPartialClone(repository: Pick<Repository, 'config'>): boolean {
  return promisor(repository) !== null;
}
