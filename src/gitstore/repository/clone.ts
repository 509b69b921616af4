import { RemoteError, UsageError } from '../../errors.js';
import { fetchFailure } from '../branch/push-outcome.js';
import { type Git, withoutCredentials } from '../process/git.js';
import { BRANCH_KEY, checkGitVersion } from './repository.js';

export interface CloneOptions {
  /** The state branch, which every later command in the clone uses, too; the default one if left out. */
  readonly branch: string | undefined;
  readonly timeoutMs: number;
}

/** Clones `url` into the new folder `folder`. Throws RemoteError, UsageError. */
export async function cloneRepository(
  git: Git,
  url: string,
  folder: string,
  options: CloneOptions,
): Promise<void> {
  await checkGitVersion(git);
  const branch =
    options.branch === undefined
      ? []
      : ['--branch', options.branch, '--config', `${BRANCH_KEY}=${options.branch}`];
  const args = ['clone', '--progress', '--no-recurse-submodules', '--template=', ...branch];
  const result = await git.talk(url, [...args, '--', url, folder], {
    timeout: options.timeoutMs,
    isTransfer: true,
  });
  if (result.code === 0) return;
  if (/already exists and is not an empty directory/.test(result.stderr)) {
    throw new UsageError(`the folder ${folder} is there already and not empty`, {
      suggestions: ['Choose another folder'],
      data: { path: folder },
    });
  }
  if (/Remote branch .* not found/.test(result.stderr)) {
    throw new RemoteError(`${withoutCredentials(url)} has no branch ${options.branch}`, {
      data: { branch: options.branch },
    });
  }
  throw fetchFailure(result, withoutCredentials(url), 'the command again');
}
