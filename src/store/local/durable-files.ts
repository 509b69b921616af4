import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { rename, syncNames, writeNew } from '../../platform/small-files.js';
import { nameOnce, removeNamed, temporaryName } from './named-whole.js';
import { fileMode, isShared, makeFolder } from './shared-folders.js';

export { NO_LINKS, nameOnce, nameTwice, putBack, readNamed, removeNamed } from './named-whole.js';

/** The reason why the file system refused a write, in words. */
export function whyNotKept(cause: unknown): string {
  if (hasCode(cause, 'ENOSPC', 'EDQUOT')) return 'the disk is full';
  if (hasCode(cause, 'EACCES', 'EPERM', 'EROFS')) return 'it is read-only for you';
  return String((cause as Error).message);
}

/** The error for a write that the file system refused. */
export function cannotKeep(path: string, cause: unknown): EnvironmentError {
  const full = hasCode(cause, 'ENOSPC', 'EDQUOT');
  return new EnvironmentError(`cannot write ${path}: ${whyNotKept(cause)}`, {
    cause,
    data: { path },
    suggestions: [
      full ? 'Free some space and run the command again' : `Make ${dirname(path)} writable for you`,
    ],
  });
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  await syncNames(folder).catch((error: unknown) => {
    // Windows has no handles for folders; its file systems journal names themselves.
    if (!hasCode(error, 'EISDIR', 'EPERM', 'EACCES')) throw error;
  });
}

async function writeTemporary(path: string, text: string, isSynced: boolean): Promise<string> {
  const temporary = temporaryName(path);
  const mode = fileMode(path);
  // The umask must not restrict a file that a group shares.
  await writeNew(temporary, text, { mode, exactMode: isShared(path) ? mode : undefined, isSynced });
  return temporary;
}

/** Makes a folder and its parents, for the user alone, or for the group if the clone is shared. Throws EnvironmentError. */
export async function privateFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (error) {
    throw cannotKeep(folder, error);
  }
}

/**
 * Creates `path` with `text` so that it exists whole or not at all, even after a power loss: a temporary
 * file, fsync, its name, fsync of the folder. False if the name is taken. Throws EnvironmentError.
 */
export async function createDurably(path: string, text: string): Promise<boolean> {
  try {
    if (!(await nameOnce(await writeTemporary(path, text, true), path, syncFolder))) return false;
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    throw cannotKeep(path, error);
  }
}

/** Creates `path` with `text`, whole or not at all for concurrent readers. False if the name is taken. Throws EnvironmentError. */
export async function createWhole(path: string, text: string): Promise<boolean> {
  try {
    return await nameOnce(await writeTemporary(path, text, false), path, async () => undefined);
  } catch (error) {
    throw cannotKeep(path, error);
  }
}

/** Replaces `path` whole: readers see the old text or the new one. Throws EnvironmentError. */
export async function replaceDurably(path: string, text: string): Promise<void> {
  try {
    await rename(await writeTemporary(path, text, true), path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw cannotKeep(path, error);
  }
}

/** Replaces `path` whole for concurrent readers; a power loss may undo it. Throws EnvironmentError. */
export async function replaceWhole(path: string, text: string): Promise<void> {
  try {
    await rename(await writeTemporary(path, text, false), path);
  } catch (error) {
    throw cannotKeep(path, error);
  }
}

/** The first `limit` bytes of a file, which may be a device without an end. */
export async function readAtMost(path: string, limit: number): Promise<Buffer> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    const bytes = Buffer.alloc(limit);
    let length = 0;
    for (let read = -1; read !== 0 && length < limit; length += read)
      ({ bytesRead: read } = await handle.read(bytes, length, limit - length));
    return bytes.subarray(0, length);
  } finally {
    await handle.close();
  }
}

/** Removes a file, if it exists. */
export async function removeFile(path: string): Promise<void> {
  try {
    await removeNamed(path);
  } catch (error) {
    throw cannotKeep(path, error);
  }
}

/** The result of a file operation, or `otherwise` if the file or folder does not exist. */
export async function orIfGone<T, U>(asked: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await asked;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return otherwise;
    throw error;
  }
}
