import { type Check, finding, passed } from '../model/check.js';
import type { RemoteTarget } from './doctor-remote.js';
import type { Git } from './git.js';
import { LOCK_SPACES } from './lock-commits.js';

/**
 * Whether locks work at the remote, and where they lie.
 * @param isAtomic whether the remote moves several refs at once
 */
export async function checkLocks(
  git: Git,
  { remote, timeout }: RemoteTarget,
  isAtomic: boolean,
): Promise<Check> {
  if (!isAtomic) {
    return finding(
      'locks',
      'the remote cannot move several refs at once (no atomic push), so kgit lock and --lock are refused',
      'Have it allowed on the server: git config receive.advertiseAtomic true; or do without locks',
    );
  }
  const pattern = `${LOCK_SPACES.branches}*`;
  const args = ['ls-remote', '--heads', '--end-of-options', remote, pattern];
  const { code, stdout } = await git.talk(remote, args, { timeout });
  const count = stdout.toString('utf8').split('\n').filter(Boolean).length;
  if (code !== 0 || count === 0) return passed('locks', `they lie in ${LOCK_SPACES.refs}`);
  const branches = count === 1 ? '1 branch' : `${count} branches`;
  return passed('locks', `the remote refuses ${LOCK_SPACES.refs}, so they lie in ${branches} kgit/locks/…`);
}
