import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Tests drive the built program, so it is built first, once, and what node compiles of it is kept once. Whatever a
 * test or a program that it starts puts into the temporary folder lies in one folder of the run, which is removed
 * at the end.
 */
export default function setup(): () => void {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kgit-')));
  // Tests also run programs as other users, who must reach their own files in there.
  chmodSync(folder, 0o711);
  process.env['TMPDIR'] = folder;
  process.env['CACHE_OF_TESTS'] = join(folder, 'cache');
  mkdirSync(join(folder, 'cache'), { mode: 0o700 });
  execFileSync(process.execPath, ['scripts/build.mjs', '--quiet'], { stdio: 'inherit' });
  return () => {
    // Tests take rights away from folders, which cannot be removed without them. A file that vanishes meanwhile makes
    // chmod fail, which does not matter: rmSync reports what it cannot remove.
    spawnSync('chmod', ['-Rf', 'u+rwX', folder]);
    // A publisher that a test left in the background may still be writing its last file.
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
}
