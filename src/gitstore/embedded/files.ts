import { randomBytes } from 'node:crypto';
import type nodeFs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { READABLE_FILE } from '../../platform/file-modes.js';
import type { FileSystem } from '../../store/port/means.js';
import type { ReadableFiles } from './packs/file-blocks.js';

/** Reads a text file; null if there is none. */
export async function textAt(fs: FileSystem, path: string): Promise<string | null> {
  try {
    return await fs.readFile(path, 'utf8');
  } catch (error) {
    // A folder `main` exists if branches are called main/a, main/b.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return null;
    throw error;
  }
}

/** Names in a folder; none if it does not exist. */
export async function namesIn(
  fs: Pick<ReadableFiles, 'readdir'>,
  folder: string,
): Promise<readonly string[]> {
  try {
    return await fs.readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(fs: FileSystem, folder: string): Promise<void> {
  const handle = await fs.open(folder, 'r').catch((error: unknown) => {
    // Windows, and some file systems, have no handles for folders.
    if (hasCode(error, 'EISDIR', 'EPERM', 'EACCES')) return null;
    throw error;
  });
  if (handle === null) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a new file and syncs it. Fails if the name is taken. */
export async function writeNew(fs: FileSystem, path: string, data: Uint8Array | string): Promise<void> {
  const handle = await fs.open(path, 'wx', READABLE_FILE);
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes a file, if it exists. */
export async function removeAt(fs: FileSystem, path: string): Promise<void> {
  await fs.unlink(path).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}

/** Writes a file so that it is there whole, even after a power cut. git removes a temporary file that a kill leaves. */
async function writeWhole(fs: FileSystem, path: string, data: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(path), `tmp_obj_${randomBytes(6).toString('hex')}`);
  await writeNew(fs, temporary, data);
  await fs.rename(temporary, path);
  await syncFolder(fs, dirname(path));
}

/** The file system as isomorphic-git wants it; what it writes there is durable. */
export function durableFs(fs: FileSystem): { promises: FileSystem & { writeFile: typeof nodeFs.writeFile } } {
  const { readFile, open, rename, link, readdir, stat, lstat, unlink, rmdir, readlink, symlink } = fs;
  const plain = { readFile, open, rename, link, readdir, stat, lstat, unlink, rmdir, readlink, symlink };
  const mkdir = (async (path: string) => {
    await fs.mkdir(path);
    await syncFolder(fs, dirname(path));
  }) as typeof nodeFs.mkdir;
  const writeFile = ((path: string, data: Uint8Array | string) =>
    writeWhole(fs, path, data)) as typeof nodeFs.writeFile;
  return { promises: { ...plain, mkdir, writeFile } };
}
