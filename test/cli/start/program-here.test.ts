import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitProcess } from '../../support/kgit.js';
import { stateRepository } from '../../support/state-repository.js';

const EVENTS = '- action: noted\n  cluster: prod\n';

it.each<[string[], string?]>([
  [['get', 'deployment.phase', '--deployment', 'dep-a']],
  [['get', 'nothing', '--deployment', 'dep-a']],
  [['set', 'deployment.phase']],
  [['lits']],
  [['list', '--help']],
  [['--version']],
  [['push-event', '--file', '-', '--dry-run'], EVENTS],
  [['doctor', '--nonsense', '--json']],
])('%j ends and says inside the process of a test as in one of its own', async (args, input = '') => {
  const path = stateRepository();
  const here = await kgit(path, args, { input });
  const { code, stdout, stderr } = await kgitProcess(path, args, { input });
  expect(here).toMatchObject({ code, stdout, stderr });
});

it('leaves nothing of a run in the process, nor for the next run', async () => {
  const path = stateRepository();
  const state = () => ({
    env: { ...process.env },
    cwd: process.cwd(),
    code: process.exitCode,
    listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
    streams: [process.stdin, process.stdout, process.stderr],
  });
  const before = state();
  const env = { KGIT_DEPLOYMENT: 'dep-a', XDG_CONFIG_HOME: temporaryFolder() };
  expect((await kgit(path, ['get', 'nothing'], { env })).code).toBe(15);
  expect(state()).toEqual(before);
  const other = stateRepository({ 'deployments/dep-a/state.yaml': 'region: westus\n' });
  expect((await kgit(other, ['get', 'region', '--deployment', 'dep-a'])).stdout).toBe('westus\n');
  expect(readdirSync(env.XDG_CONFIG_HOME)).toEqual([]);
});

it('a second run meanwhile has a process of its own', async () => {
  const [one, two] = [
    stateRepository(),
    stateRepository({ 'deployments/dep-a/state.yaml': 'region: westus\n' }),
  ];
  const words = ['get', '--deployment', 'dep-a'];
  const [first, second] = await Promise.all([kgit(one, words), kgit(two, words)]);
  expect([first.code, second.code]).toEqual([0, 0]);
  expect(first.stdout).toContain('dep-a');
  expect(second.stdout).toBe('region: westus\n');
});
