import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GitStore } from '../../src/gitstore/git-store.js';
import { emptyRepository, git, temporaryFolder } from './git-fixtures.js';
import { openGitStore } from './open-git-store.js';
import { commit } from './store-contract.js';

/** A checkout at its first revision, and the store of it. */
export async function checkout(): Promise<{ path: string; store: GitStore; base: string }> {
  const path = emptyRepository();
  const store = await openGitStore(path);
  const files = { 'events/one': '1\n', 'events/old/two': '2\n', state: 'a: 1\n', NOTES: 'n\n' };
  await store.swap(null, [commit(files)], 10_000);
  return { path, store, base: (await store.head()).revision as string };
}

/** A commit on top of `base` that is on no branch: one file changed, one added, one removed. */
export function successor(path: string, base: string): string {
  const index = join(temporaryFolder(), 'index');
  const work = temporaryFolder();
  const run = (...args: string[]) => git(path, `--work-tree=${work}`, ...args);
  process.env['GIT_INDEX_FILE'] = index;
  try {
    run('read-tree', '-m', '-u', base);
    writeFileSync(join(work, 'state'), 'a: 2\n');
    mkdirSync(join(work, 'events/new'));
    writeFileSync(join(work, 'events/new/three'), '3\n');
    rmSync(join(work, 'events/old'), { recursive: true });
    run('add', '--all');
    const tree = run('write-tree');
    return git(path, 'commit-tree', '-m', 'next', '-p', base, tree);
  } finally {
    delete process.env['GIT_INDEX_FILE'];
  }
}

export const gitDirOf = (path: string) => join(path, '.git');
/** Writes the journal of an unfinished move. */
export function noteMove(path: string, from: string | null, to: string): void {
  const checkouts = [{ gitDir: gitDirOf(path), path }];
  mkdirSync(join(gitDirOf(path), 'kgit'), { recursive: true });
  writeFileSync(join(gitDirOf(path), 'kgit/checkout.json'), JSON.stringify({ checkouts, from, to }));
}
