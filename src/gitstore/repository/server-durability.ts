/** Whether pushes to a git server in a folder of this machine survive a power cut. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnvironmentError } from '../../errors.js';
import { type Check, finding, passed } from '../../model/value/check.js';
import { hasCode } from '../../model/value/error-codes.js';
import type { Git } from '../process/git.js';
import { checkGitVersion } from './repository.js';

const KEY = 'core.fsync';
/** The setting before git 2.36; newer versions warn of it. */
const OLD_KEY = 'core.fsyncObjectFiles';

/** The folder that an address names; null if it is on another machine. */
export function folderOfAddress(address: string): string | null {
  if (address.startsWith('file://')) {
    try {
      return fileURLToPath(address);
    } catch {
      // It has a host, or an invalid escape.
      return null;
    }
  }
  return address.startsWith('/') ? address : null;
}

/** The git folder of the repository at `path`; null if there is none. */
function gitDirOf(path: string): string | null {
  const isGitDir = (folder: string) =>
    existsSync(join(folder, 'HEAD')) && existsSync(join(folder, 'objects'));
  return [path, join(path, '.git')].find(isGitDir) ?? null;
}

/**
 * Makes an empty bare repository at `path` if nothing is there. Throws EnvironmentError.
 * @returns whether it did
 */
export async function makeServer(git: Git, path: string, branch: string): Promise<boolean> {
  // If the folder above it is missing too, the path is probably a typo.
  if (existsSync(path) || !existsSync(dirname(path))) return false;
  try {
    await mkdir(path);
  } catch (cause) {
    if (hasCode(cause, 'EEXIST')) return false;
    throw new EnvironmentError(`the repository ${path} cannot be created`, {
      cause,
      suggestions: ['Make its parent folder writable, or name another place'],
      data: { path },
    });
  }
  await git.text(['init', '--quiet', '--bare', `--initial-branch=${branch}`], { cwd: path });
  return true;
}

/** The setting for syncing that is in effect in a repository; null if nobody has set one. */
async function configured(git: Git, gitDir: string): Promise<{ key: string; value: string } | null> {
  for (const key of [KEY, OLD_KEY]) {
    const { stdout } = await git.at(gitDir).run(['config', '--show-scope', '--get-all', key]);
    const lines = stdout.toString('utf8').split('\n').filter(Boolean);
    // Settings that kgit passes on the command line do not reach the git that serves.
    const last = lines.findLast((line) => !line.startsWith('command\t'));
    if (last !== undefined) return { key, value: last.slice(last.indexOf('\t') + 1) };
  }
  return null;
}

async function settingOfThisGit(git: Git): Promise<{ key: string; value: string }> {
  const [major, minor] = (await checkGitVersion(git)).split('.').map(Number) as [number, number];
  return major > 2 || minor >= 36 ? { key: KEY, value: 'all' } : { key: OLD_KEY, value: 'true' };
}

/**
 * Makes git sync everything that it acknowledges in the repository at `path`, unless a setting is there.
 * @returns the new setting, such as `core.fsync=all`; null if one was there, or it may not be written
 */
export async function syncPushes(git: Git, path: string): Promise<string | null> {
  const gitDir = gitDirOf(path);
  if (gitDir === null || (await configured(git, gitDir)) !== null) return null;
  const { key, value } = await settingOfThisGit(git);
  // A user who may push may lack the right to configure: doctor reports the missing setting.
  const { code } = await git.run(['config', '--file', join(gitDir, 'config'), key, value]);
  return code === 0 ? `${key}=${value}` : null;
}

const ALL = ['all', 'added', 'committed'];

/** Whether a value of core.fsync covers the objects and refs of small pushes. */
function syncsPushes(value: string): boolean {
  const words = value.split(/[\s,]+/);
  // For a part that is both named and excluded, git does not do what it documents.
  const isOut = words.some((word) => ['-loose-object', '-objects', '-reference'].includes(word));
  const has = (...names: string[]) => !isOut && words.some((word) => [...ALL, ...names].includes(word));
  return has('objects', 'loose-object') && has('reference');
}

/**
 * Checks whether pushes that the repository at an address acknowledges survive a power cut; null if that cannot be seen
 * from here.
 */
export async function checkDurability(git: Git, address: string): Promise<Check | null> {
  const path = folderOfAddress(address);
  const gitDir = path === null ? null : gitDirOf(path);
  if (gitDir === null) return null;
  const name = 'durability';
  const set = await configured(git, gitDir);
  const isSynced = set !== null && (set.key === KEY ? syncsPushes(set.value) : set.value === 'true');
  if (isSynced) return passed(name, `${set.key}=${set.value}: acknowledged pushes survive a power cut`);
  const { key, value } = await settingOfThisGit(git);
  const now = set === null ? `${key} is not set` : `${set.key} is ${set.value}`;
  return finding(
    name,
    `a power cut at the remote may lose acknowledged pushes and corrupt its branch: ${now} there`,
    `git --git-dir=${gitDir} config ${key} ${value}`,
  );
}
