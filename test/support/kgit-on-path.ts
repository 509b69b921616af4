import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './git-fixtures.js';
import { PROGRAM } from './kgit.js';

/** A PATH whose first folder has the built program as `kgit`, and by the other `names`. */
export function pathWithKgit(...names: readonly string[]): string {
  const folder = join(temporaryFolder('kgit-bin-'), 'bin');
  mkdirSync(folder);
  for (const name of ['kgit', ...names]) symlinkSync(PROGRAM, join(folder, name));
  return `${folder}:${process.env['PATH']}`;
}

/** Does `work` with the built program on the PATH of this process, as git finds it. */
export async function withKgitOnPath(work: () => unknown): Promise<void> {
  const before = process.env['PATH'];
  process.env['PATH'] = pathWithKgit();
  try {
    await work();
  } finally {
    process.env['PATH'] = before;
  }
}
