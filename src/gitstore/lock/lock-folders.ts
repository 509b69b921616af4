import type { LockPlace } from '../../model/lease/lock-place.js';

/** The prefix of the refs of each place. */
export const LOCK_FOLDERS: Readonly<Record<LockPlace, string>> = {
  refs: 'refs/kgit/locks/',
  branches: 'refs/heads/kgit/locks/',
};
