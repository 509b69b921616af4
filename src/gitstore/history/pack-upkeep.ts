import { join } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { readdir, stat } from '../../platform/small-files.js';
import { orIfGone, privateFolder, replaceWhole } from '../../store/local/durable-files.js';
import type { Git } from '../process/git.js';
import { isPartialClone, type Repository } from '../repository/repository.js';

/**
 * Shortest time between two joins, in ms: it keeps processes from joining at once, and failures from being repeated at
 * each write.
 */
const INTERVAL_MS = 60 * 1000;
/**
 * Each write and each fetch leaves a pack. This many cost nothing yet; a thousand make every write several times
 * slower.
 */
const MAX_PACKS = 50;
/** Joins the small packs and keeps the large ones. Safe beside writers: it removes only packs that it has joined. */
const JOIN = ['repack', '-d', '-l', '--geometric=2', '--quiet', '--no-write-bitmap-index'];

/**
 * Has git join small packs if there are many, in a process of low priority that nobody waits for and that outlives this
 * one.
 * @param folder where the start of the last join is recorded
 * @param now ms since the epoch
 */
export async function joinPacks(
  git: Git,
  repository: Repository,
  folder: string,
  now: number,
): Promise<void> {
  // A joined pack would no longer be marked as one that may lack objects.
  if (isPartialClone(repository)) return;
  const names = await orIfGone(readdir(join(repository.commonDir, 'objects', 'pack')), []);
  if (names.filter((name) => name.endsWith('.pack')).length <= MAX_PACKS) return;
  const mark = join(folder, 'packs-joined');
  const begun = await orIfGone(
    stat(mark).then(({ mtimeMs }) => mtimeMs),
    0,
  );
  if (now - begun < INTERVAL_MS) return;
  try {
    await privateFolder(folder);
    await replaceWhole(mark, '');
  } catch (error) {
    // The write is complete, and must not fail because the disk is full now.
    if (error instanceof EnvironmentError) return;
    throw error;
  }
  git.leave(JOIN);
}
