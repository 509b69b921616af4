import type { Stats } from 'node:fs';
import { IS_WINDOWS } from './system.js';

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;
const FOR_OTHERS = 0o077;
/** In a folder with this bit, only the owner of a file may replace it, as in /tmp. */
const STICKY = 0o1000;

/**
 * Whether somebody else can write or replace the file with these stats. A group with the user as its only member, as
 * many systems create one, does not count as somebody else.
 */
export function othersMayWrite({ mode, uid, gid }: Stats): boolean {
  return (mode & WRITABLE_BY_ALL) !== 0 || ((mode & WRITABLE_BY_GROUP) !== 0 && gid !== uid);
}

/** Whether somebody else can replace files of others in the folder with these stats. */
export function othersMayReplace(folder: Stats): boolean {
  return othersMayWrite(folder) && (folder.mode & STICKY) === 0;
}

/** Whether users other than its owner can use the file. On Windows the mode does not say, and it counts as private. */
export function mayBeUsedByOthers({ mode }: Stats): boolean {
  return !IS_WINDOWS && (mode & FOR_OTHERS) !== 0;
}
