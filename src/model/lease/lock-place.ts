/** Where the locks of a repository lie: one decision for everybody, written in its settings file. */

export const LOCK_PLACES = ['refs', 'branches'] as const;
/** Out of the way of branches, or among them where a server takes no other refs. */
export type LockPlace = (typeof LOCK_PLACES)[number];

/** The refs of each place begin with this. */
export const LOCK_FOLDERS: Readonly<Record<LockPlace, string>> = {
  refs: 'refs/kgit/locks/',
  branches: 'refs/heads/kgit/locks/',
};
