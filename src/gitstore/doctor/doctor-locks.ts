import { LOCK_PLACES, type LockPlace } from '../../model/lease/lock-place.js';
import { type Check, finding, passed } from '../../model/value/check.js';
import { LOCK_FOLDERS } from '../lock/lock-folders.js';
import type { Git } from '../process/git.js';
import { UPLOAD_PACK } from '../process/transfer-options.js';
import type { RemoteTarget } from './doctor-remote.js';

const NAME = 'locks';

/**
 * Checks whether locks work at the remote, and reports which folder they are in.
 * @param isAtomic whether the remote supports atomic pushes
 * @param isBehind whether the remote may have newer settings than this clone
 */
export async function checkLocks(
  git: Git,
  { remote, timeout, locks: decided }: RemoteTarget,
  { isAtomic, isBehind }: { readonly isAtomic: boolean; readonly isBehind: boolean },
): Promise<Check> {
  // Not a finding: a team that uses no locks misses nothing.
  if (!isAtomic) {
    const why = 'the remote cannot move several refs at once (no atomic push; git: receive.advertiseAtomic)';
    return passed(NAME, `none: ${why}, so kgit lock and --lock are refused`);
  }
  const patterns = LOCK_PLACES.map((place) => `${LOCK_FOLDERS[place]}*`);
  const args = ['ls-remote', UPLOAD_PACK, '--end-of-options', remote, ...patterns];
  const { code, stdout } = await git.talk(remote, args, { timeout, isTransfer: true });
  if (code !== 0)
    return passed(NAME, `they belong in ${LOCK_FOLDERS[decided ?? 'refs']}; the remote lists none`);
  const refs = [...stdout.toString('utf8').matchAll(/^[0-9a-f]+\t(refs\/.+)$/gm)].map(([, ref = '']) => ref);
  const count = (place: LockPlace) => refs.filter((ref) => ref.startsWith(LOCK_FOLDERS[place])).length;
  return standing(decided, isBehind, count);
}

function standing(decided: LockPlace | null, isBehind: boolean, count: (place: LockPlace) => number): Check {
  const home = decided ?? 'refs';
  const away: LockPlace = home === 'refs' ? 'branches' : 'refs';
  const there = (place: LockPlace) => `${LOCK_FOLDERS[place]} (${count(place)} there)`;
  const source = decided === null ? 'kgit.yaml names no place' : `kgit.yaml: locks: ${decided}`;
  if (count(away) === 0) return passed(NAME, `they lie in ${there(home)}; ${source}`);
  if (isBehind) {
    return finding(
      NAME,
      `there are ${there(home)} and ${there(away)}; ${source}, but this clone is behind the remote`,
      "Run 'kgit sync' for the newest kgit.yaml, then 'kgit doctor' again",
    );
  }
  if (decided !== null)
    return passed(
      NAME,
      `they lie in ${there(home)}; ${source}; a lease in ${there(away)} stays valid until it ends`,
    );
  return finding(
    NAME,
    `they lie in ${there(home)} and in ${there(away)}; ${source}`,
    "Run 'kgit init' in this clone: it tests where locks can live, and records it in kgit.yaml",
  );
}
