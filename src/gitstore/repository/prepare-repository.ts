import { lstat, mkdir } from 'node:fs/promises';
import { EnvironmentError, NoRepositoryError, UsageError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { type Git, withoutCredentials } from '../process/git.js';
import { checkGitVersion, openRepository, type Repository } from './repository.js';

/** Makes `folder` a git repository on `branch` unless it is one, with `remote` as its origin. Throws UsageError. */
export async function prepareRepository(
  git: Git,
  folder: string,
  branch: string,
  remote: string | undefined,
): Promise<Repository> {
  await checkGitVersion(git);
  const existing = await openOrNull(git, folder);
  if (!existing) await git.text(['init', '--quiet', `--initial-branch=${branch}`], { cwd: folder });
  if (existing?.workTree && existing.workTree !== folder) {
    throw new UsageError(`${folder} is inside the repository ${existing.workTree}`, {
      suggestions: [`Lay out ${existing.workTree} itself, or choose a folder outside it`],
      data: { path: folder, repository: existing.workTree },
    });
  }
  const repository = existing ?? (await openRepository(git, folder));
  const known = repository.config.get('remote.origin.url');
  if (remote === undefined || known === remote) return repository;
  if (known !== undefined) {
    throw new UsageError(`${folder} already has the remote ${withoutCredentials(known)}`, {
      suggestions: ['Leave --remote out to publish there, or change it with git remote set-url'],
      data: { remote: withoutCredentials(known) },
    });
  }
  await git.text(['remote', 'add', '--', 'origin', remote], { cwd: folder });
  await git.text(['config', `branch.${branch}.remote`, 'origin'], { cwd: folder });
  await git.text(['config', `branch.${branch}.merge`, `refs/heads/${branch}`], { cwd: folder });
  return openRepository(git, folder);
}

/** The repository that contains `folder`; null if there is none. */
export async function openOrNull(git: Git, folder: string): Promise<Repository | null> {
  try {
    return await openRepository(git, folder);
  } catch (error) {
    if (error instanceof NoRepositoryError) return null;
    throw error;
  }
}

/** Creates the folder, and those above it. Throws EnvironmentError. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const isFile = hasCode(cause, 'EEXIST', 'ENOTDIR');
    const why = isFile ? 'a file is in the way' : 'its parent folder is not writable';
    throw new EnvironmentError(`the folder ${path} cannot be created: ${why}`, {
      cause,
      suggestions: [isFile ? 'Choose another folder' : 'Make its parent folder writable'],
      data: { path },
    });
  }
}

/** Whether something is at a path. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
