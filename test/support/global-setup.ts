import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Tests drive the built program, so it is built first, once, and what node compiles of it is kept once. */
export default function setup(): void {
  process.env['CACHE_OF_TESTS'] = mkdtempSync(join(tmpdir(), 'kgit-cache-'));
  execFileSync(process.execPath, ['scripts/build.mjs', '--quiet'], { stdio: 'inherit' });
}
