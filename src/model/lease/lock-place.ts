/** Words of the setting `locks`, which decides once for everybody where a git repository keeps its locks. */
export const LOCK_PLACES = ['refs', 'branches'] as const;
/** Apart from branches, or among them if the server accepts no other refs. */
export type LockPlace = (typeof LOCK_PLACES)[number];
