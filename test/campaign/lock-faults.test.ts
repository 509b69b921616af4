import { afterAll, describe, expect, it } from 'vitest';
import { expectKept, makeFleet } from '../support/campaign/fleet.js';
import type { Call } from '../support/campaign/history.js';
import { checkHolders } from '../support/campaign/holder-rules.js';
import { type FaultyServer, startFaultyServer } from '../support/campaign/lock-faults.js';
import { runLockStorm } from '../support/campaign/lock-storm.js';
import { Random } from '../support/campaign/random.js';
import { count, seed } from '../support/campaign/size.js';
import { git } from '../support/git-fixtures.js';

const CLONES = count('CAMPAIGN_CLONES', 4, 12);
const ACQUISITIONS = count('CAMPAIGN_ACQUISITIONS', 8, 500);
const LIKELIHOOD = 0.15;

const servers: FaultyServer[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

describe('locks while requests and hooks fail', () => {
  it(`${CLONES} clones, ${ACQUISITIONS} acquisitions: one holder at every instant (CAMPAIGN_SEED=${seed})`, async () => {
    const fleet = await makeFleet(CLONES, async (remote) => {
      const server = await startFaultyServer(remote, new Random(seed));
      servers.push(server);
      return server.url;
    });
    const [server] = servers;
    server?.strike(LIKELIHOOD);
    const options = { seed, acquisitions: ACQUISITIONS, locks: ['one', 'two'], timeout: '30s' };
    const calls = await runLockStorm(fleet, options);
    server?.strike(0);
    const struck = [...(server?.struck ?? [])].map(([what, times]) => `${times} × ${what}`).join('; ');
    await expectKept(fleet, calls, `CAMPAIGN_SEED=${seed}; ${struck}`);
    // No failure has put a lock where nobody else looks.
    expect(git(fleet.remote, 'for-each-ref', '--format=%(refname)', 'refs/heads')).toBe('refs/heads/main');
    expect(server?.struck.size).toBeGreaterThan(3);
    const ends = new Map<string, number>();
    for (const { step, answer } of calls) {
      const end = `${step.kind} ${answer?.error?.code ?? 'ok'}`;
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    if (ACQUISITIONS > 100)
      process.stdout.write(`${struck}\n${[...ends].map(([end, n]) => `${n} × ${end}`).join('; ')}\n`);
  }, 7_200_000);
});

describe('the checker of holders', () => {
  const call = (clone: number, kind: 'lock' | 'unlock' | 'break', began: number, token = 1): Call => ({
    ...{ id: `${clone}-${began}`, clone, step: { kind, lock: 'one' }, began, ended: began + 10, code: 0 },
    answer: { token },
  });

  it.each([
    ['two at one instant', [call(0, 'lock', 0), call(1, 'lock', 100, 2)], /hold it at one instant/],
    [
      'a token that does not rise',
      [call(0, 'lock', 0, 2), call(0, 'unlock', 50), call(1, 'lock', 100, 2)],
      /got token 2 after/,
    ],
  ])('sees %s', (_what, calls, says) => {
    expect(checkHolders({ calls }).join()).toMatch(says);
  });

  it.each([
    ['released before', [call(0, 'lock', 0), call(0, 'unlock', 50), call(1, 'lock', 100, 2)]],
    ['ended by force', [call(0, 'lock', 0), call(2, 'break', 50), call(1, 'lock', 100, 2)]],
    ['expired', [call(0, 'lock', 0), call(1, 'lock', 5_100, 2)]],
  ])('is content with a lease that was %s', (_what, calls) => {
    expect(checkHolders({ calls })).toEqual([]);
  });
});
