import { type Check, finding, passed } from '../../model/value/check.js';
import type { RecordedNames } from '../../store/port/abilities.js';
import type { Identity } from '../../store/port/driver.js';
import type { Git } from '../process/git.js';
import { checkGitVersion, GIT_FLOOR } from '../repository/repository.js';

/** Checks that git is installed and new enough. Throws EnvironmentError if it is not. */
export async function checkGit(git: Git): Promise<Check> {
  return passed('git', `${await checkGitVersion(git)} (${GIT_FLOOR} or newer is needed)`);
}

/**
 * Checks the names of the committer and the actor.
 * @param identity the user's name and email in git's configuration
 */
export function checkIdentity(
  identity: Pick<Identity, 'name' | 'email'>,
  { actor, committer, isNamed }: RecordedNames,
): Check {
  const who = `${actor.name} <${actor.email}>, committer ${committer.name} <${committer.email}>`;
  const missing = [identity.name ? [] : 'user.name', identity.email ? [] : 'user.email'].flat();
  if (missing.length === 0 || isNamed) return passed('identity', who);
  return finding(
    'identity',
    `git has no ${missing.join(' and no ')}; records are written as ${who}`,
    missing
      .map((key) => `git config --global ${key} "${key === 'user.name' ? 'Your Name' : 'you@example.com'}"`)
      .join('; '),
  );
}
