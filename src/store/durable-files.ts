import { constants } from 'node:fs';
import { link, mkdir, open, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EnvironmentError } from '../errors.js';
import { randomBytes } from './random-bytes.js';

/** Whether a file-system call failed with one of these codes, such as ENOENT. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException | null)?.code ?? '');
}

/** Why a file system does not take something, in words. */
export function whyNotKept(cause: unknown): string {
  if (hasCode(cause, 'ENOSPC', 'EDQUOT')) return 'the disk is full';
  if (hasCode(cause, 'EACCES', 'EPERM', 'EROFS')) return 'it is read-only for you';
  return String((cause as Error).message);
}

/** The error for a file system that does not take what must be kept. */
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
  // Windows has no handle for a folder; its file systems journal names themselves.
  const handle = await open(folder, constants.O_RDONLY).catch((error: unknown) => {
    if (hasCode(error, 'EISDIR', 'EPERM', 'EACCES')) return null;
    throw error;
  });
  if (!handle) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeTemporary(path: string, text: string): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } catch (error) {
    await unlink(temporary);
    throw error;
  } finally {
    await handle.close();
  }
  return temporary;
}

/** Why a folder cannot be made: below a read-only one Node says that it is not there. */
async function causeOf(folder: string, error: unknown): Promise<unknown> {
  return mkdir(folder, { mode: 0o700 }).then(
    () => error,
    (cause: unknown) => cause,
  );
}

/** Makes a folder, and those above it, for the user alone. Throws EnvironmentError. */
export async function privateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw cannotKeep(folder, hasCode(error, 'ENOENT') ? await causeOf(folder, error) : error);
  }
}

/**
 * Creates `path` with `text` so that it is there whole or not at all, also after a power loss: a temporary
 * file, fsync, link, fsync of the folder. False when the name is taken. Throws EnvironmentError.
 */
export async function createDurably(path: string, text: string): Promise<boolean> {
  try {
    const temporary = await writeTemporary(path, text);
    try {
      await link(temporary, path);
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false;
      throw error;
    } finally {
      await unlink(temporary);
    }
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    throw cannotKeep(path, error);
  }
}

/** Creates `path` with `text`, whole or not at all for readers of now. False when the name is taken. Throws EnvironmentError. */
export async function createWhole(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
    await link(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw cannotKeep(path, error);
  } finally {
    await removeFile(temporary);
  }
}

/** Replaces `path` whole: readers see the old text or the new one. Throws EnvironmentError. */
export async function replaceDurably(path: string, text: string): Promise<void> {
  try {
    await rename(await writeTemporary(path, text), path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw cannotKeep(path, error);
  }
}

/** Replaces `path` whole for readers of now; a power loss may take the new text away. Throws EnvironmentError. */
export async function replaceWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
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

/** Removes a file that may be gone already. */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw cannotKeep(path, error);
  });
}

/** What was asked of a file or folder, or `otherwise` where it is not there. */
export async function orIfGone<T, U>(asked: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await asked;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return otherwise;
    throw error;
  }
}
