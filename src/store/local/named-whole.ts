/** Gives a finished file its name exactly once, also on file systems without hard links (exFAT, some network shares). */
import { join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { permissions } from '../../platform/file-modes.js';
import { link, mkdir, readFile, rename, rm, rmdir, stat, unlink } from '../../platform/small-files.js';
import { randomBytes } from './random-bytes.js';
import { folderMode, giveRights, isShared } from './shared-folders.js';

/** Errors of `link` on file systems without hard links. */
export const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];
/** Errors of renaming a folder to a name that is taken. */
const TAKEN = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'];
/** The file inside a folder that stands for a file. */
const INSIDE = 'text';

/** A unique name beside `path` that nothing reads. */
export const temporaryName = (path: string): string => `${path}.${randomBytes(6).toString('hex')}.tmp`;

/**
 * Gives a finished file the name `path` if it is free, by a hard link, which only one process can make. Without hard links
 * a folder that holds the file is renamed to `path`: that, too, appears whole, and fails if the name is taken by a file or
 * a folder with content. `temporary` is removed either way.
 * @param sync makes the names in a folder durable, if that is wanted
 * @returns false if the name is taken
 */
export async function nameOnce(
  temporary: string,
  path: string,
  sync: (folder: string) => Promise<void>,
): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    if (!hasCode(error, ...NO_LINKS)) throw error;
    return await nameAsFolder(temporary, path, sync);
  } finally {
    await discard(temporary);
  }
}

async function discard(file: string): Promise<void> {
  await unlink(file).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}

async function nameAsFolder(
  temporary: string,
  path: string,
  sync: (folder: string) => Promise<void>,
): Promise<boolean> {
  const folder = temporaryName(path);
  await mkdir(folder, { mode: permissions(folderMode(path)) });
  if (isShared(path)) await giveRights(folder, folderMode(path));
  try {
    await rename(temporary, join(folder, INSIDE));
    await sync(folder);
    await rename(folder, path);
    return true;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (hasCode(error, ...TAKEN)) return false;
    throw error;
  }
}

/**
 * Gives a finished file a second name, by a hard link; one that is taken stays as it is.
 * @returns false where there are no hard links, or the second name is on another file system
 */
export async function nameTwice(path: string, second: string): Promise<boolean> {
  try {
    await link(path, second);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return true;
    if (!hasCode(error, 'EXDEV', ...NO_LINKS)) throw error;
    return false;
  }
}

/** The bytes of a file, named by `nameOnce` or not; undefined if there is none, null for a folder that is not kgit's. */
export async function readNamed(path: string): Promise<Buffer | null | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (!hasCode(error, 'EISDIR')) throw error;
  }
  try {
    return await readFile(join(path, INSIDE));
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) throw error;
  }
  // It may have been removed in between.
  return (await isThere(path)) ? null : undefined;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

/** Removes a file, named by `nameOnce` or not, if it exists. Its name is free at once. */
export async function removeNamed(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    // For a folder Linux reports EISDIR, others EPERM.
    if (!hasCode(error, 'EISDIR', 'EPERM')) throw error;
    if (await isThere(join(path, INSIDE))) await removeFolder(path);
    // Another process may have removed it since.
    else if (await isThere(path)) throw error;
  }
}

async function removeFolder(path: string): Promise<void> {
  const aside = temporaryName(path);
  try {
    await rename(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  await discard(join(aside, INSIDE));
  await rmdir(aside).catch((error: unknown) => {
    // Another process removed what it took for left over.
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}

/** Restores the name of something that was moved aside, unless it has been taken meanwhile. */
export async function putBack(aside: string, path: string): Promise<void> {
  try {
    if ((await stat(aside)).isDirectory()) await rename(aside, path);
    else await link(aside, path);
  } catch (error) {
    if (!hasCode(error, ...TAKEN)) throw error;
  }
}
