import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { callKgit } from '../support/campaign/call-kgit.js';
import { checkHistory } from '../support/campaign/checker.js';
import { DEPLOYMENT, makeFleet } from '../support/campaign/fleet.js';
import type { History } from '../support/campaign/history.js';
import { readBranch, readChains } from '../support/campaign/read-branch.js';
import { loadHistory, saveHistory } from '../support/campaign/saved-history.js';
import { temporaryFolder } from '../support/git-fixtures.js';

const STRESS = fileURLToPath(new URL('../../bench/stress.mjs', import.meta.url));

function judged(...files: string[]): { status: number | null; told: string } {
  const run = spawnSync(process.execPath, [STRESS, '--judge', ...files], { encoding: 'utf8' });
  return { status: run.status, told: run.stdout + run.stderr };
}

it('a history is saved as it is, and judged from its file as it was judged at first', async () => {
  const fleet = await makeFleet(1);
  const calls = [
    await callKgit(fleet, 0, 'set', { kind: 'set', path: 'a.b', value: 'x', expected: null }),
    await callKgit(fleet, 0, 'lock', { kind: 'lock', lock: 'one' }),
  ];
  const [commits, chains] = [readBranch(fleet.remote), readChains(fleet.remote)];
  expect(commits.at(-1)?.states.get(DEPLOYMENT)).toMatchObject({ a: { b: 'x' } });
  const good: History = { calls, commits, waiting: [], chains };
  const bad: History = { ...good, commits: commits.slice(0, -1) };
  const [goodFile, badFile] = [saveHistory(good, temporaryFolder()), saveHistory(bad, temporaryFolder())];
  expect(loadHistory(goodFile)).toEqual(good);
  expect(judged(goodFile)).toMatchObject({ status: 0, told: expect.stringContaining('0 promises broken') });
  const { status, told } = judged(goodFile, badFile);
  expect(status).toBe(1);
  expect(checkHistory(bad)).not.toEqual([]);
  for (const line of checkHistory(bad)) expect(told).toContain(line);
  writeFileSync(badFile, '{"calls": 1}');
  expect(judged(badFile)).toMatchObject({ status: 1, told: expect.stringContaining('holds no history') });
});
