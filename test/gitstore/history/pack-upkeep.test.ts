import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { fsck, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgitJson } from '../../support/kgit.js';
import { PATIENCE_MS } from '../../support/patience.js';
import { stateRepository } from '../../support/state-repository.js';

const TIMEOUT = { timeout: PATIENCE_MS, interval: 100 };
const LONG_AGO = new Date('2026-01-01');

/** A git, first in PATH, that notes each upkeep of packs, and takes its time over it. */
function slowUpkeep(): { env: Record<string, string>; runs: () => number; ended: () => number } {
  const folder = temporaryFolder();
  const log = join(folder, 'log');
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const noted = `echo begun >>${log}; sleep 1; ${real} "$@"; code=$?; echo ended >>${log}; exit $code`;
  const script = `#!/bin/sh\ncase " $* " in *" repack "*) ${noted};; esac\nexec ${real} "$@"\n`;
  writeFileSync(join(folder, 'git'), script);
  chmodSync(join(folder, 'git'), 0o755);
  const count = (word: string) =>
    existsSync(log)
      ? readFileSync(log, 'utf8')
          .split('\n')
          .filter((line) => line === word).length
      : 0;
  return {
    env: { PATH: `${folder}:${process.env['PATH']}` },
    runs: () => count('begun'),
    ended: () => count('ended'),
  };
}

/** Leaves a pack of one object, as each write does. */
function addPack(path: string, i: number): void {
  const text = `object ${i}\n`;
  execFileSync('git', ['-c', 'fastimport.unpackLimit=0', 'fast-import', '--quiet'], {
    cwd: path,
    input: `blob\ndata ${text.length}\n${text}\n`,
  });
}

it('joins many small packs after a write, which does not wait; soon after it is not begun anew, and nothing is lost', async () => {
  const path = stateRepository();
  const folder = join(path, '.git/objects/pack');
  const packs = () => readdirSync(folder).filter((name) => name.endsWith('.pack')).length;
  const { env, runs, ended } = slowUpkeep();
  const push = () => kgitJson(path, ['push-event', 'touched', '--cluster', 'c7'], { env });
  await push();
  expect(runs()).toBe(0);
  for (let i = 0; i < 55; i++) addPack(path, i);
  await push();
  expect(packs()).toBeGreaterThan(55);
  // Joined packs are removed one by one: few are left before it has ended.
  await vi.waitFor(() => expect(ended()).toBe(1), TIMEOUT);
  expect(packs()).toBeLessThan(10);
  for (let i = 55; i < 110; i++) addPack(path, i);
  await push();
  expect(runs()).toBe(1);
  utimesSync(join(path, '.git/kgit/packs-joined'), LONG_AGO, LONG_AGO);
  await push();
  await vi.waitFor(() => expect(ended()).toBe(2), TIMEOUT);
  expect(runs()).toBe(2);
  expect(packs()).toBeLessThan(10);
  fsck(path);
  expect((await kgitJson(path, ['log', 'c7'])).events).toHaveLength(4);
  expect(git(path, 'count-objects', '-v')).toContain('garbage: 0');
});
