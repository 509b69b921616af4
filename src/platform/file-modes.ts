import type { Stats } from 'node:fs';
import { IS_WINDOWS } from './system.js';

/** Modes of what kgit creates; the umask may take bits away. */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;
export const READABLE_FILE = 0o644;
export const READ_ONLY_FILE = 0o444;
export const PROGRAM_FILE = 0o755;

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;
const FOR_OTHERS = 0o077;
const RUNNABLE_BY_OWNER = 0o100;
const PERMISSIONS = 0o777;
/** In a folder with this bit, only the owner of a file may replace it, as in /tmp. */
const STICKY = 0o1000;

/** The bits of a mode that say who may read, write and run. */
export function permissions(mode: number): number {
  return mode & PERMISSIONS;
}

/** Whether the file is one to run, as git decides it: its owner may. */
export function isProgram({ mode }: Pick<Stats, 'mode'>): boolean {
  return (mode & RUNNABLE_BY_OWNER) !== 0;
}

/** Whether the group or everybody can write the file with these stats, whoever is in the group. */
export function groupOrAllMayWrite({ mode }: Stats): boolean {
  return (mode & (WRITABLE_BY_GROUP | WRITABLE_BY_ALL)) !== 0;
}

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
