import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { NoRepositoryError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { orIfGone, privateFolder } from '../../store/local/durable-files.js';
import { fetchFailure } from '../branch/push-outcome.js';
import { type Git, type GitResult, withoutCredentials } from '../process/git.js';
import { BRANCH_KEY } from './repository.js';

/**
 * What a write needs of the tip: folders down to the names of clusters (clusters/M/NS), and the files above them. The
 * content of one subject comes with one more request, when it is written to.
 */
export const TIP_FILTER = 'tree:4';
const FILTER = `--filter=${TIP_FILTER}`;
/** Age at which the temporary folder of an interrupted clone is removed, in ms. */
const STALE_MS = 60 * 60 * 1000;
const TEMPORARY = '.tmp';
const NO_BRANCH = /couldn't find remote ref/;

export interface ManagedCloneOptions {
  readonly url: string;
  /** The branch to clone; the remote's default if left out. */
  readonly branch: string | undefined;
  /** The folder of all managed clones. */
  readonly folder: string;
  /** Whether the caller reads history; otherwise the tip is enough. */
  readonly history: boolean;
  /** ms since the epoch. */
  readonly now: number;
}

/** A short name, unique to a URL and branch. */
export function cloneName(url: string, branch: string): string {
  const stem = basename(url.replace(/[/:]+$/, ''))
    .replace(/\.git$/, '')
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 40);
  return `${stem || 'repository'}-${createHash('sha256').update(`${url}#${branch}`).digest('hex').slice(0, 16)}`;
}

/** Whether the clone at `path` was made with the tip alone. */
export function isTipOnly(path: string): boolean {
  return path.endsWith('.tip.git');
}

/**
 * Options of every later fetch into the clone at `path`. A tip-only clone also gets the commits after its tip: without
 * them it could not tell a rewritten history from one that went on.
 */
export function fetchOptions(path: string): readonly string[] {
  return isTipOnly(path) ? [FILTER] : [];
}

/** Makes a clone at a path. Throws RemoteError, NoRepositoryError, EnvironmentError. */
export type FillClone = (path: string, isTipOnly: boolean) => Promise<void>;

/**
 * Returns the bare clone that kgit keeps of a URL, and makes it if needed: tip-only for writing, or whole for commands
 * that read history. It appears by one rename, so a kill leaves no partial clone, and of several processes that make it
 * one wins. Throws RemoteError, NoRepositoryError, EnvironmentError.
 */
export async function managedClone(fill: FillClone, options: ManagedCloneOptions): Promise<string> {
  const name = cloneName(options.url, options.branch ?? '');
  const whole = join(options.folder, `${name}.git`);
  if (isWhole(whole)) return whole;
  const path = options.history ? whole : join(options.folder, `${name}.tip.git`);
  if (isWhole(path)) return path;
  await privateFolder(options.folder);
  await removeStale(options.folder, options.now);
  const temporary = join(options.folder, `${name}.${randomBytes(6).toString('hex')}${TEMPORARY}`);
  const damaged = `${temporary}-damaged${TEMPORARY}`;
  try {
    await fill(temporary, isTipOnly(path));
    // What must not be lost is kept outside.
    if (existsSync(path) && !isWhole(path)) await orIfGone(rename(path, damaged), undefined);
    await rename(temporary, path).catch((error: unknown) => {
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    });
  } finally {
    for (const left of [temporary, damaged]) await rm(left, { recursive: true, force: true });
  }
  return path;
}

/** Whether all that git needs of a clone is there: what cleans a cache removes old files, and leaves others. */
function isWhole(path: string): boolean {
  return ['HEAD', 'config', 'objects', 'refs'].every((name) => existsSync(join(path, name)));
}

async function removeStale(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(TEMPORARY)) continue;
    const path = join(folder, name);
    const stats = await orIfGone(stat(path), null);
    if (stats && now - stats.mtimeMs > STALE_MS) await rm(path, { recursive: true, force: true });
  }
}

/** What a clone is made of. */
export interface CloneSource {
  readonly url: string;
  /** The branch to clone; the remote's default if undefined. */
  readonly branch: string | undefined;
  /** Whether a remote without the branch is cloned, too. */
  readonly mayBeEmpty: boolean;
  readonly timeoutMs: number;
}

/** Has the git program make clones. */
export function gitFill(git: Git, source: CloneSource): FillClone {
  return (path, isTip) => fill(git, path, isTip ? ['--depth=1', FILTER] : [], source);
}

async function fill(git: Git, path: string, extra: readonly string[], options: CloneSource): Promise<void> {
  await git.text(['init', '--quiet', '--bare', '--template=', path]);
  const clone = git.at(path, path);
  await clone.text(['remote', 'add', '--', 'origin', options.url]);
  const branch = options.branch ?? (await defaultBranch(clone, options));
  const refspec = `+refs/heads/${branch}:refs/kgit/remote/${branch}`;
  const args = [
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-auto-gc',
    '--no-write-fetch-head',
    ...extra,
    'origin',
    refspec,
  ];
  const result = await clone.talk('origin', args, { timeout: options.timeoutMs, isTransfer: true });
  const isEmpty = result.code !== 0 && NO_BRANCH.test(result.stderr) && options.mayBeEmpty;
  if (result.code !== 0 && !isEmpty) throw failure(result, options.url, branch);
  await clone.text(['config', BRANCH_KEY, branch]);
}

/** The branch that the remote's HEAD names; main for an empty remote, whose fetch then reports that. */
async function defaultBranch(clone: Git, options: CloneSource): Promise<string> {
  const result = await clone.talk('origin', ['ls-remote', '--symref', 'origin', 'HEAD'], {
    timeout: options.timeoutMs,
    isTransfer: true,
  });
  if (result.code !== 0) throw failure(result, options.url, 'HEAD');
  return /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(result.stdout.toString('utf8'))?.[1] ?? 'main';
}

function failure(result: GitResult, url: string, branch: string): Error {
  const shown = withoutCredentials(url);
  return NO_BRANCH.test(result.stderr)
    ? noBranch(url, branch)
    : fetchFailure(result, shown, 'the command again');
}

/** The error for a remote without the branch. */
export function noBranch(url: string, branch: string): NoRepositoryError {
  const shown = withoutCredentials(url);
  return new NoRepositoryError(`${shown} has no branch ${branch}`, {
    suggestions: [
      `Lay it out first: kgit init DIR --remote ${shown}`,
      'Name another branch: --repo URL#BRANCH',
    ],
    data: { branch },
  });
}
