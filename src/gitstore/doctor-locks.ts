import { type Check, passed } from '../model/check.js';
import type { RemoteTarget } from './doctor-remote.js';
import type { Git } from './git.js';
import { LOCK_SPACES } from './lock-commits.js';
import { UPLOAD_PACK } from './transfer-options.js';

/**
 * Whether locks work at the remote, and where they lie.
 * @param isAtomic whether the remote moves several refs at once
 */
export async function checkLocks(
  git: Git,
  { remote, timeout }: RemoteTarget,
  isAtomic: boolean,
): Promise<Check> {
  // Who uses no locks misses nothing, so it is no finding.
  if (!isAtomic) {
    const why = 'the remote cannot move several refs at once (no atomic push; git: receive.advertiseAtomic)';
    return passed('locks', `none: ${why}, so kgit lock and --lock are refused`);
  }
  const pattern = `${LOCK_SPACES.branches}*`;
  const args = ['ls-remote', UPLOAD_PACK, '--heads', '--end-of-options', remote, pattern];
  const { code, stdout } = await git.talk(remote, args, { timeout });
  const count = stdout.toString('utf8').split('\n').filter(Boolean).length;
  if (code !== 0 || count === 0) return passed('locks', `they lie in ${LOCK_SPACES.refs}`);
  const branches = count === 1 ? '1 branch' : `${count} branches`;
  return passed('locks', `the remote refuses ${LOCK_SPACES.refs}, so they lie in ${branches} kgit/locks/…`);
}
