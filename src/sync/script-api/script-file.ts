import { randomBytes } from 'node:crypto';
import { appendFile, lstat, mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../../store/durable-files.js';

/** What tells one version of a file from another; null where there is none. */
export async function versionOf(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

/** The text of a file that scripts share. */
export function readText(path: string): Promise<string> {
  return readFile(path, 'utf8');
}

/** Replaces a file whole, as `yq -i` does: who reads it sees the old text or the new one; its mode stays. */
export async function replaceText(path: string, text: string): Promise<void> {
  const isLink = (await lstat(path).catch(() => null))?.isSymbolicLink() ?? false;
  const target = isLink ? await realpath(path) : path;
  const mode = await stat(target).then(
    (stats) => stats.mode & 0o777,
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    },
  );
  await mkdir(dirname(target), { recursive: true });
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  await writeFile(temporary, text, { flag: 'wx', ...(mode === undefined ? {} : { mode }) });
  await rename(temporary, target);
}

/** Adds to the end of a file in one write, which readers see whole or not at all. */
export async function appendText(path: string, text: string): Promise<void> {
  await appendFile(path, text);
}
