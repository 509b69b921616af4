import { constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { PRIVATE_FILE, permissions } from '../../platform/file-modes.js';
import { access, chmod, mkdir, readdir, stat } from '../../platform/small-files.js';

/** The kgit folders that a group shares, with the mode of their files. */
const shared = new Map<string, number>();

const isIn = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

/** The mode of a file that kgit keeps: private, unless it lies in a shared folder. */
export function fileMode(path: string): number {
  for (const [folder, mode] of shared) if (isIn(path, folder)) return mode;
  return PRIVATE_FILE;
}

/** The mode of a folder: whoever may read its files may enter it; a shared one passes its group on, as git's do. */
export function folderMode(path: string): number {
  const file = fileMode(path);
  return file | ((file & 0o444) >> 2) | (file === PRIVATE_FILE ? 0 : 0o2000);
}

/** Whether a file or folder is shared. */
export const isShared = (path: string): boolean => fileMode(path) !== PRIVATE_FILE;

/**
 * The rights that `core.sharedRepository` gives to files; null where it shares nothing.
 * @param value of git's configuration, in any of git's spellings
 */
export function sharedFileMode(value: string | undefined): number | null {
  const word = (value ?? '').toLowerCase();
  if (['group', 'true', 'yes', 'on', '1'].includes(word)) return 0o660;
  if (['all', 'world', 'everybody', '2'].includes(word)) return 0o664;
  // A mode as git takes it: its own bits of execution are none of a file's.
  const mode = /^0[0-7]{3}$/.test(word) ? Number.parseInt(word, 8) & 0o666 : 0;
  return (mode & PRIVATE_FILE) === PRIVATE_FILE && mode !== PRIVATE_FILE ? mode : null;
}

/** Makes a folder and its parents, with their modes whatever the umask is. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: permissions(folderMode(folder)) }).catch(
    async (error: unknown) => {
      // On a read-only file system Node says that the folder above is not there.
      if (hasCode(error, 'ENOENT')) await access(await nearestAbove(folder), constants.W_OK);
      throw error;
    },
  );
  if (first === undefined || !isShared(folder)) return;
  // Those between the first and the last that were made.
  for (let made = folder; isIn(made, first); made = dirname(made))
    if (isShared(made)) await giveRights(made, folderMode(made));
}

async function nearestAbove(path: string): Promise<string> {
  const above = dirname(path);
  const isThere = await access(above).then(
    () => true,
    () => false,
  );
  return isThere || above === path ? above : nearestAbove(above);
}

/**
 * Has a clone's kgit folder be shared by its group from now on, with what lies in it already and is ours.
 * @param mode the rights of its files
 * Throws what the file system says no with.
 */
export async function shareFolder(folder: string, mode: number): Promise<void> {
  shared.set(folder, mode);
  const before = await stat(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  });
  if (before === null || permissions(before.mode) === permissions(folderMode(folder))) return;
  // It was made before the clone was shared.
  if (!(await giveRights(folder, folderMode(folder)))) return;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await giveRights(path, folderMode(path));
    else if (entry.isFile()) await giveRights(path, fileMode(path));
  }
}

/** Changes the mode of a file or folder; false if it belongs to another user, or the medium has no modes. */
export async function giveRights(path: string, mode: number): Promise<boolean> {
  try {
    await chmod(path, mode);
    return true;
  } catch (error) {
    if (hasCode(error, 'EPERM', 'EROFS', 'ENOENT', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) return false;
    throw error;
  }
}
