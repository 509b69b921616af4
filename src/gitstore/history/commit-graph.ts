import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { orIfGone } from '../../store/local/durable-files.js';
import type { Git } from '../process/git.js';
import { isPartialClone, type Repository } from '../repository/repository.js';

/** A graph is brought up to date at most so often, in ms. */
const INTERVAL_MS = 60 * 60 * 1000;
/** Below so many bytes of pack index, some thousands of commits, git is fast without a graph. */
const MIN_INDEX_BYTES = 1024 * 1024;
/** Adds a layer for what is new; with the changed paths of each commit, by which git finds who touched a file. */
const WRITE = ['commit-graph', 'write', '--reachable', '--changed-paths', '--split', '--no-progress'];

/** When the graph was last written, in ms since the epoch; 0 where there is none. */
async function writtenAt(objects: string): Promise<number> {
  const chain = join(objects, 'info', 'commit-graphs', 'commit-graph-chain');
  const files = [chain, join(objects, 'info', 'commit-graph')];
  const found = await Promise.all(files.map((file) => orIfGone(stat(file), { mtimeMs: 0 })));
  return Math.max(...found.map(({ mtimeMs }) => mtimeMs));
}

/** Bytes of all pack indexes; of those that another process takes away meanwhile, nothing. */
async function indexBytes(objects: string): Promise<number> {
  const folder = join(objects, 'pack');
  const names = await orIfGone(readdir(folder), []);
  const indexes = names.filter((name) => name.endsWith('.idx'));
  const sizes = indexes.map(async (name) => (await orIfGone(stat(join(folder, name)), { size: 0 })).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/**
 * Has git write its commit-graph where that is worth it, in a process of low priority that nobody waits for and
 * that outlives this one: it holds no stream of ours, runs no hook and moves no ref, and of two at once git
 * refuses one.
 * @param now ms since the epoch
 */
export async function keepCommitGraph(git: Git, repository: Repository, now: number): Promise<void> {
  // The changed paths of commits that are not here would be fetched one by one.
  if (repository.isShallow || isPartialClone(repository)) return;
  const objects = join(repository.commonDir, 'objects');
  if (now - (await writtenAt(objects)) < INTERVAL_MS) return;
  if ((await indexBytes(objects)) < MIN_INDEX_BYTES) return;
  git.leave(WRITE);
}
