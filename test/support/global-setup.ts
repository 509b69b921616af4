import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isBuilt } from '../../scripts/built.mjs';

const GIB = 1024 ** 3;
const MEMORY_FOLDER = '/dev/shm';
/** Most that the files of a run take, in bytes, with a margin. */
const FILES_OF_RUN = 8 * GIB;
/** Memory that the programs of a run need beside its files, in bytes. */
const PROGRAMS_OF_RUN = 4 * GIB;

/**
 * A new folder for the files of the run: in memory, if nobody chose another place, there is room, and programs may be
 * started there, for tests wait less and git needs less time for each file. Else in the temporary folder.
 */
function folderOfRun(): string {
  const inMemory = process.env['TMPDIR'] === undefined ? inMemoryFolder() : null;
  return inMemory ?? realpathSync(mkdtempSync(join(tmpdir(), 'kgit-')));
}

function inMemoryFolder(): string | null {
  if (process.platform !== 'linux' || process.availableMemory() < FILES_OF_RUN + PROGRAMS_OF_RUN) return null;
  const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
  if (bavail * bsize < FILES_OF_RUN) return null;
  const folder = mkdtempSync(join(MEMORY_FOLDER, 'kgit-'));
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 });
  if (spawnSync(program).status === 0) return folder;
  rmSync(folder, { recursive: true });
  return null;
}

/**
 * Tests drive the built program, so it is built first, unless the last build read what is there now; what node compiles
 * of it is kept once. Whatever a test or a program that it starts puts into the temporary folder lies in one folder of
 * the run, which is removed at the end.
 */
export default function setup(): () => void {
  const folder = folderOfRun();
  // Tests also run programs as other users, who must reach their own files in there.
  chmodSync(folder, 0o711);
  process.env['TMPDIR'] = folder;
  process.env['CACHE_OF_TESTS'] = join(folder, 'cache');
  mkdirSync(join(folder, 'cache'), { mode: 0o700 });
  if (!isBuilt('.')) execFileSync(process.execPath, ['scripts/build.mjs', '--quiet'], { stdio: 'inherit' });
  return () => {
    // Tests take rights away from folders, which cannot be removed without them. A file that vanishes meanwhile makes
    // chmod fail, which does not matter: rmSync reports what it cannot remove.
    spawnSync('chmod', ['-Rf', 'u+rwX', folder]);
    // A publisher that a test left in the background may still be writing its last file.
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
}
