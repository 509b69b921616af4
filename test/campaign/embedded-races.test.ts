/** Writers with and without the git program at one repository. */
import { afterEach, describe, expect, it } from 'vitest';
import { startCuttingServer } from '../support/campaign/cutting-server.js';
import { expectKept } from '../support/campaign/fleet.js';
import { type Call, isAcknowledged } from '../support/campaign/history.js';
import { makeMixedFleet } from '../support/campaign/mixed-fleet.js';
import { count, seed } from '../support/campaign/size.js';
import { runStress } from '../support/campaign/stress.js';

/** Clones of each driver. */
const CLONES = count('CAMPAIGN_CLONES', 4, 4);
const CALLS = count('CAMPAIGN_CALLS', 5, 60);
const NOTE = `CAMPAIGN_SEED=${seed}`;
const EXPECTED = ['ok', 'CONFLICT', 'LOCK_HELD', 'FENCED', 'NOT_FOUND'];

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Says how calls ended, of each driver: clones with even numbers are the git program's. */
function tell(what: string, calls: readonly Call[]): void {
  for (const [driver, own] of ['git', 'git-embedded'].map(
    (name, i) => [name, calls.filter(({ clone }) => clone % 2 === i)] as const,
  )) {
    const codes = own.map(({ code, answer }) => answer?.error?.code ?? (code === 0 ? 'ok' : `exit ${code}`));
    const counted = [...new Set(codes)].map(
      (code) => `${codes.filter((each) => each === code).length} ${code}`,
    );
    console.info(`${what}, ${driver}: ${own.length} calls, ${counted.join(', ')} (${NOTE})`);
  }
}

describe('the git program and the embedded git', () => {
  it(`${CLONES} clones of each, ${CALLS} calls each, at one http server: every promise is kept (${NOTE})`, async () => {
    const fleet = await makeMixedFleet(CLONES, async (remote) => {
      const server = await startCuttingServer(remote);
      ends.push(server.stop);
      return server.url;
    });
    const workers = fleet.clones.length;
    const options = { seed, workers, calls: CALLS, paths: 3, locks: ['one', 'two'], timeout: '5m' };
    const calls = await runStress(fleet, options);
    tell('races', calls);
    await expectKept(fleet, calls, NOTE);
    expect(calls.filter(isAcknowledged).length).toBeGreaterThan(calls.length / 4);
    const codes = [...new Set(calls.map(({ answer }) => answer?.error?.code ?? 'ok'))];
    expect(codes.filter((code) => !EXPECTED.includes(code))).toEqual([]);
  }, 3_600_000);
});
