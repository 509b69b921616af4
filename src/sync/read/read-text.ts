import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { decodeText } from '../../model/yaml/decoded-text.js';
import { MAX_YAML_BYTES } from '../../model/yaml/yaml.js';

/** Why a file is not read, and the position in it, counted from 1, if known. */
export interface Problem {
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

export const SYMLINK = 'is a symbolic link, which is not followed';

/** Reads the text and modification time of a regular file, or returns the problem; never opens a link, pipe or device. */
export async function readText(
  path: string,
): Promise<{ text: string; mtimeMs: number } | { problem: Problem }> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) return { problem: { message: SYMLINK } };
  if (!stats.isFile()) return { problem: { message: 'is not a regular file' } };
  // The flags enforce what lstat saw, in case the file is swapped in between.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size, mtimeMs } = await handle.stat();
    if (size > MAX_YAML_BYTES) return { problem: tooLarge() };
    const bytes = Buffer.alloc(MAX_YAML_BYTES < size + 1 ? MAX_YAML_BYTES + 1 : size + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      ({ bytesRead: read } = await handle.read(bytes, length, bytes.length - length));
    // The file grew while it was read.
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
