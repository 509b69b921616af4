import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { orIfGone, privateFolder, replaceWhole } from '../../store/local/durable-files.js';
import type { Git } from '../process/git.js';
import { isPartialClone, type Repository } from '../repository/repository.js';

/** Packs are joined at most so often, in ms, so that no two processes are at it, and a failure is not repeated at each write. */
const INTERVAL_MS = 60 * 1000;
/** Each write and each fetch leaves a pack: so many cost nothing yet, a thousand make every write several times slower. */
const MAX_PACKS = 50;
/** Joins the small ones, keeps the large; safe beside writers, for it takes away only what it has joined. */
const JOIN = ['repack', '-d', '-l', '--geometric=2', '--quiet', '--no-write-bitmap-index'];

/**
 * Has git join small packs where there are many, in a process of low priority that nobody waits for and that outlives
 * this one.
 * @param folder where it is noted when that was begun
 * @param now ms since the epoch
 */
export async function joinPacks(
  git: Git,
  repository: Repository,
  folder: string,
  now: number,
): Promise<void> {
  // Joined with others, a pack would no longer be marked as one that may lack objects.
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
    // The write that is over does not fail for a disk that is full now.
    if (error instanceof EnvironmentError) return;
    throw error;
  }
  git.leave(JOIN);
}
