/** Giving a finished file its name, once; also where the file system has no hard links, as exFAT and some network shares. */
import { link, mkdir, readFile, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { randomBytes } from './random-bytes.js';
import { folderMode, giveRights, isShared } from './shared-folders.js';

/** What a file system without hard links says of one. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];
/** What a rename of a folder says where there is something by the name already. */
const TAKEN = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'];
/** The file in a folder that stands for a file. */
const INSIDE = 'text';

/** A name beside `path` that nobody else uses and nobody reads. */
export const temporaryName = (path: string): string => `${path}.${randomBytes(6).toString('hex')}.tmp`;

/**
 * Gives a whole file the name `path`, unless that is taken: by a hard link, which no two processes can make. Without
 * those, a folder with the file in it is renamed to `path`: that, too, comes into being whole, and fails where a folder
 * with something in it, or a file, has the name. `temporary` is used up either way.
 * @param sync makes the names in a folder durable, where that is asked for
 * @returns false where the name is taken
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
  await mkdir(folder, { mode: folderMode(path) & 0o777 });
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

/** The bytes of a file that was named by `nameOnce`, or of any other; undefined where there is none, null for a folder of others. */
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
  // It may have been removed between the two looks.
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

/** Removes a file that was named by `nameOnce`, or any other; it may be gone already. Its name is free at once. */
export async function removeNamed(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    // Of a folder Linux says EISDIR, others EPERM.
    if (!hasCode(error, 'EISDIR', 'EPERM') || !(await isThere(join(path, INSIDE)))) throw error;
    await removeFolder(path);
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
  await rmdir(aside);
}

/** Gives what was moved aside its name back, unless another has taken that meanwhile. */
export async function putBack(aside: string, path: string): Promise<void> {
  try {
    if ((await stat(aside)).isDirectory()) await rename(aside, path);
    else await link(aside, path);
  } catch (error) {
    if (!hasCode(error, ...TAKEN)) throw error;
  }
}
