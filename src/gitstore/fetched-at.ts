import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode, privateFolder, replaceDurably } from '../store/durable-files.js';

const fileOf = (commonDir: string) => join(commonDir, 'kgit', 'fetched-at');

/** When the remote was last asked, in ms since the epoch; 0 where it never was. */
export async function readFetchedAt(commonDir: string): Promise<number> {
  try {
    return Number(await readFile(fileOf(commonDir), 'utf8')) || 0;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0;
    throw error;
  }
}

/** Notes that the remote was asked just now. Throws EnvironmentError. */
export async function noteFetchedAt(commonDir: string, now: number): Promise<void> {
  await privateFolder(dirname(fileOf(commonDir)));
  await replaceDurably(fileOf(commonDir), String(now));
}
