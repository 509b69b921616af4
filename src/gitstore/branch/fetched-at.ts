import { dirname, join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { readFile } from '../../platform/small-files.js';
import { privateFolder, replaceWhole } from '../../store/local/durable-files.js';

const fileOf = (commonDir: string) => join(commonDir, 'kgit', 'fetched-at');

/** When a clone last heard from its remote, in ms since the epoch; 0 for never, and for a time in the future. */
export async function readFetchedAt(commonDir: string, now: number): Promise<number> {
  try {
    const at = Number(await readFile(fileOf(commonDir), 'utf8')) || 0;
    // The clock was wrong when it was recorded.
    return at > now ? 0 : at;
  } catch (error) {
    // Where the folder cannot be used, the first write says so.
    if (hasCode(error, 'ENOENT', 'EISDIR', 'ENOTDIR')) return 0;
    throw error;
  }
}

/** Records that a clone has just heard from its remote; losing it costs one fetch. Throws EnvironmentError. */
export async function noteFetchedAt(commonDir: string, now: number): Promise<void> {
  const file = fileOf(commonDir);
  await privateFolder(dirname(file));
  await replaceWhole(file, String(now));
}
