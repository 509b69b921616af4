import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { appendFile, lstat, mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EnvironmentError, InvalidStateError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { decodeText } from '../../model/yaml/decoded-text.js';
import { MAX_YAML_BYTES, tooLarge } from '../../model/yaml/yaml.js';
import { permissions } from '../../platform/file-modes.js';

/** Identifies a version of a file; null if there is no file. */
export async function versionOf(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

/** Whether there is a file, or a link to one. Throws if that cannot be determined. */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

/**
 * Reads a file that scripts share. Throws InvalidStateError if it is not a regular file or is too large,
 * EnvironmentError if it cannot be read.
 */
export async function readBytes(path: string): Promise<Buffer> {
  const { size } = await regularFile(path);
  if (size > MAX_YAML_BYTES) throw tooLarge(path);
  return readFile(path).catch(unreadable(path));
}

/** Reads such a file as text. Also throws InvalidStateError if the bytes are not text. */
export async function readText(path: string): Promise<string> {
  const decoded = decodeText(await readBytes(path));
  if (typeof decoded === 'string') return decoded;
  const { message, line, column } = decoded;
  throw new InvalidStateError(`${path}:${line}:${column}: ${message}`, { data: { path, line, column } });
}

async function regularFile(path: string): Promise<Stats> {
  const stats = await stat(path).catch(unreadable(path));
  // A pipe would never end, and anything but a file must not be replaced.
  if (stats.isFile()) return stats;
  throw new InvalidStateError(`${path} is not a regular file`, { data: { path } });
}

function unreadable(path: string): (error: unknown) => never {
  return (cause) => {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new EnvironmentError(`${path} cannot be read (${code})`, { cause, data: { path } });
  };
}

/** Throws if there is something at a path that must not be replaced: EnvironmentError, InvalidStateError. */
export async function checkReplaceable(path: string): Promise<void> {
  const stats = await lstat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    return unreadable(path)(error);
  });
  if (stats !== null) await regularFile(path);
}

/**
 * Replaces a whole file atomically, as `yq -i` does; keeps its mode.
 * @param newMode of a file that is not there yet; what the umask leaves by default
 */
export async function replaceText(path: string, text: string, newMode?: number): Promise<void> {
  const isLink = (await lstat(path).catch(() => null))?.isSymbolicLink() ?? false;
  const target = isLink ? await realpath(path) : path;
  const mode = await stat(target).then(
    (stats) => permissions(stats.mode),
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return newMode;
      throw error;
    },
  );
  await mkdir(dirname(target), { recursive: true });
  // A short name: the file's own name may already have the maximum length.
  const temporary = join(dirname(target), `.kgit-${randomBytes(6).toString('hex')}.tmp`);
  await writeFile(temporary, text, { flag: 'wx', ...(mode === undefined ? {} : { mode }) });
  await rename(temporary, target);
}

/** Appends to a file in one write, which readers see completely or not at all. */
export async function appendText(path: string, text: string): Promise<void> {
  await appendFile(path, text);
}
