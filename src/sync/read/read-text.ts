import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { decodeText } from '../../model/yaml/decoded-text.js';
import { MAX_YAML_BYTES } from '../../model/yaml/yaml.js';

/** Why a file is not read, and where in it, counted from 1, as far as that is known. */
export interface Problem {
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

export const SYMLINK = 'is a symbolic link, which is not followed';

/** The text of a regular file with its modification time, or the problem with it; a link, pipe or device is never opened. */
export async function readText(
  path: string,
): Promise<{ text: string; mtimeMs: number } | { problem: Problem }> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) return { problem: { message: SYMLINK } };
  if (!stats.isFile()) return { problem: { message: 'is not a regular file' } };
  // The flags hold what lstat saw, should the file be swapped in between.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size, mtimeMs } = await handle.stat();
    if (size > MAX_YAML_BYTES) return { problem: tooLarge() };
    const bytes = Buffer.alloc(MAX_YAML_BYTES < size + 1 ? MAX_YAML_BYTES + 1 : size + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      ({ bytesRead: read } = await handle.read(bytes, length, bytes.length - length));
    // It grew while it was read.
    if (length > size) return { problem: { message: 'changes while it is read: import it again' } };
    return decoded(bytes.subarray(0, length), mtimeMs);
  } finally {
    await handle.close();
  }
}

function tooLarge(): Problem {
  return { message: `is larger than ${MAX_YAML_BYTES / 1024 / 1024} MiB` };
}

function decoded(bytes: Buffer, mtimeMs: number): { text: string; mtimeMs: number } | { problem: Problem } {
  const text = decodeText(bytes);
  return typeof text === 'string' ? { text, mtimeMs } : { problem: text };
}
