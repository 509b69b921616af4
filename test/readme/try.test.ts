import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

it('tries kgit in a folder of its own, also for somebody without a home and where CI is set', async () => {
  const home = mkdtempSync(join(tmpdir(), 'kgit-empty-home-'));
  const env = { ...process.env, HOME: home, CI: 'true', KGIT_REPO: '/nowhere' };
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'scripts/try.mjs')], { env });
  expect(stdout).toContain('8 new events and 20 values of state');
  expect(stdout).toContain('deployment.status = "completed"');
  const folder = /^ {2}cd (.+)$/m.exec(stdout)?.[1] ?? '';
  expect(readdirSync(folder).sort()).toEqual([
    '.git',
    '.gitattributes',
    '.kgit',
    'README.md',
    'clusters',
    'deployments',
    'kgit.yaml',
  ]);
  expect(readdirSync(home)).toEqual([]);
  for (const path of [folder, home]) rmSync(path, { recursive: true });
});
