import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StateStore } from '../../src/store/port/state-store.js';
import { expectKept, makeFleet } from '../support/campaign/fleet.js';
import { makeMixedFleet } from '../support/campaign/mixed-fleet.js';
import { count, seed } from '../support/campaign/size.js';
import { runStress } from '../support/campaign/stress.js';
import { bareRepository, cloneOf, git } from '../support/git-fixtures.js';
import { type JgitServer, startJgitServer } from '../support/jgit-server/jgit-server.js';
import { kgit } from '../support/kgit.js';
import { leaseContract } from '../support/lease-contract.js';
import { openGitStore } from '../support/open-git-store.js';

const WRITES = count('CAMPAIGN_WRITES', 1, 25);
const ROUNDS = count('CAMPAIGN_ROUNDS', 1, 100);
const CALLS = count('CAMPAIGN_CALLS', 2, 60);
/** Of the long form, in ms. */
const LONG_MS = 3_600_000;

let server: JgitServer;
beforeAll(async () => {
  server = await startJgitServer();
});
afterAll(() => server.stop());

leaseContract('GitStore with a JGit server', {
  open: () => openGitStore(cloneOf(server.url(bareRepository())), 'origin'),
  another: ({ target }: StateStore) =>
    openGitStore(cloneOf(target.slice(0, target.lastIndexOf('#'))), 'origin'),
});

describe('JGit, raced for', () => {
  it(
    `a set that races with others lands, and says so: 4 clones, ${WRITES} writes each`,
    async () => {
      const { remote, clones } = await makeFleet(4, server.url);
      const work = async (path: string, clone: number) => {
        const told: string[] = [];
        for (let i = 0; i < WRITES; i++) {
          const run = await kgit(path, [
            'set',
            `deployment.race.c${clone}.n${i}=1`,
            '--timeout',
            '2m',
            '--json',
          ]);
          told.push(run.code === 0 ? run.json.delivery : run.json.error.message);
        }
        return told;
      };
      const told = (await Promise.all(clones.map(work))).flat();
      expect(told).toEqual(told.map(() => 'published'));
      expect(git(remote, 'show', 'main:deployments/fleet/state.yaml').match(/n\d+: 1/g)).toHaveLength(
        4 * WRITES,
      );
    },
    LONG_MS,
  );

  it(
    `a lock that 4 clones want at the same time has one holder: ${ROUNDS} rounds`,
    async () => {
      const { remote, clones } = await makeFleet(4, server.url);
      for (let round = 0; round < ROUNDS; round++) {
        const name = `race-${round}`;
        const runs = await Promise.all(clones.map((path) => kgit(path, ['lock', name, '--json'])));
        expect(runs.map(({ code }) => code).sort()).toEqual([0, 11, 11, 11]);
        expect(
          git(remote, 'for-each-ref', '--format=%(refname)').match(RegExp(`/${name}$`, 'gm')),
        ).toHaveLength(1);
      }
    },
    LONG_MS,
  );

  it('a push whose answer is lost has landed, and is told so', async () => {
    const { clones } = await makeFleet(1, server.url);
    await server.fail('cut-after', '.git/git-receive-pack');
    const run = await kgit(clones[0] ?? '', ['set', 'deployment.a=1', '--json']);
    expect(run.json).toMatchObject({ delivery: 'published' });
  });

  it.each([
    ['6 processes on 3 clones', 6, () => makeFleet(3, server.url)],
    ['4 clones, two of them worked on without git', 4, () => makeMixedFleet(2, server.url)],
  ])(
    'keeps every promise in a history of %s',
    async (_what, workers, make) => {
      const fleet = await make();
      const options = { seed, workers, calls: CALLS, paths: 3, locks: ['one', 'two'], timeout: '5m' };
      const calls = await runStress(fleet, options);
      await expectKept(fleet, calls, `CAMPAIGN_SEED=${seed}`);
      const codes = [...new Set(calls.map(({ answer }) => answer?.error?.code ?? 'ok'))];
      const expected = ['ok', 'CONFLICT', 'LOCK_HELD', 'FENCED', 'NOT_FOUND'];
      expect(codes.filter((code) => !expected.includes(code))).toEqual([]);
    },
    LONG_MS,
  );
});
