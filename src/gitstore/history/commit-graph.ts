import { join } from 'node:path';
import { readdir, stat } from '../../platform/small-files.js';
import { orIfGone } from '../../store/local/durable-files.js';
import type { Git } from '../process/git.js';
import { isPartialClone, type Repository } from '../repository/repository.js';

/** Shortest time between two updates of the graph, in ms. */
const INTERVAL_MS = 60 * 60 * 1000;
/** Below this size of all pack indexes, in bytes (some thousands of commits), git is fast without a graph. */
const MIN_INDEX_BYTES = 1024 * 1024;
/** Adds a layer for new commits, with the changed paths of each, which make the history of one file fast. */
const WRITE = ['commit-graph', 'write', '--reachable', '--changed-paths', '--split', '--no-progress'];

/** When the graph was last written, in ms since the epoch; 0 if there is none. */
async function writtenAt(objects: string): Promise<number> {
  const chain = join(objects, 'info', 'commit-graphs', 'commit-graph-chain');
  const files = [chain, join(objects, 'info', 'commit-graph')];
  const found = await Promise.all(files.map((file) => orIfGone(stat(file), { mtimeMs: 0 })));
  return Math.max(...found.map(({ mtimeMs }) => mtimeMs));
}

/** Size of all pack indexes, in bytes. One that another process removes meanwhile counts as 0. */
async function indexBytes(objects: string): Promise<number> {
  const folder = join(objects, 'pack');
  const names = await orIfGone(readdir(folder), []);
  const indexes = names.filter((name) => name.endsWith('.idx'));
  const sizes = indexes.map(async (name) => (await orIfGone(stat(join(folder, name)), { size: 0 })).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/**
 * Has git write its commit-graph if that pays, in a process of low priority that nobody waits for and that outlives
 * this one. It holds no stream of ours, runs no hook and moves no ref; of two at once, git refuses one.
 * @param now ms since the epoch
 */
export async function keepCommitGraph(git: Git, repository: Repository, now: number): Promise<void> {
  // Finding changed paths would make git fetch the missing objects one by one.
  if (repository.isShallow || isPartialClone(repository)) return;
  const objects = join(repository.commonDir, 'objects');
  if (now - (await writtenAt(objects)) < INTERVAL_MS) return;
  if ((await indexBytes(objects)) < MIN_INDEX_BYTES) return;
  git.leave(WRITE);
}
