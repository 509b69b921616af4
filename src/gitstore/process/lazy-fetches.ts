import { EnvironmentError } from '../../errors.js';
import { fetchFailure } from '../branch/push-outcome.js';
import { promisor, type Repository } from '../repository/repository.js';
import { type Git, TIMED_OUT, withoutCredentials } from './git.js';

/** Remote names that can be part of a configuration key on git's command line. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._/-]*$/;

/** Messages of git and its fetch if it fails; git before 2.39 continues and treats the object as missing. */
const FAILED =
  /from promisor remote|^fatal: (could not read (Username|Password)|Authentication failed|unable to access|repository '|Could not read from remote)|^ssh: |^error: RPC failed/m;

/**
 * Gives every command in a partial clone access to its remote, a time limit, and proper errors for failed fetches. Other
 * clones stay as they are. Throws EnvironmentError for a remote name that git would misread.
 * @param timeout time limit of one command, in ms
 */
export async function allowLazyFetches(
  gits: readonly Git[],
  repository: Repository,
  timeout: number,
): Promise<void> {
  const remote = promisor(repository);
  if (remote === null) return;
  if (!NAME.test(remote)) {
    throw new EnvironmentError(
      `the git remote ${JSON.stringify(remote.slice(0, 80))} has a name that kgit does not use`,
      { suggestions: ['Rename it: git remote rename'], data: { remote: remote.slice(0, 300) } },
    );
  }
  const shown = `remote ${remote} (${withoutCredentials(repository.config.get(`remote.${remote}.url`) ?? remote)})`;
  const failure = ({ code, stderr }: { readonly code: number; readonly stderr: string }) =>
    code === TIMED_OUT || FAILED.test(stderr)
      ? fetchFailure({ code, stderr, stdout: Buffer.alloc(0) }, shown, 'the command again')
      : null;
  for (const git of gits) await git.fetchLazily({ remote, timeout, failure });
}
