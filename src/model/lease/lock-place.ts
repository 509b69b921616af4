/** Where the locks of a repository lie: decided once for everybody, in its settings file. */

export const LOCK_PLACES = ['refs', 'branches'] as const;
/** Apart from branches, or among them if the server accepts no other refs. */
export type LockPlace = (typeof LOCK_PLACES)[number];

/** The prefix of the refs of each place. */
export const LOCK_FOLDERS: Readonly<Record<LockPlace, string>> = {
  refs: 'refs/kgit/locks/',
  branches: 'refs/heads/kgit/locks/',
};
