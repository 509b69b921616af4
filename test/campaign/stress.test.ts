import { describe, expect, it } from 'vitest';
import { expectKept, makeFleet } from '../support/campaign/fleet.js';
import { isAcknowledged } from '../support/campaign/history.js';
import { count, seed } from '../support/campaign/size.js';
import { runStress } from '../support/campaign/stress.js';
import { kgit } from '../support/kgit.js';

const WORKERS = count('CAMPAIGN_WORKERS', 8, 16);
const CLONES = count('CAMPAIGN_CLONES', 3, 6);
const CALLS = count('CAMPAIGN_CALLS', 12, 250);

describe('checked histories', () => {
  it(`${WORKERS} processes on ${CLONES} clones, ${CALLS} calls each: every promise is kept (CAMPAIGN_SEED=${seed})`, async () => {
    const fleet = await makeFleet(CLONES);
    const hasLocks = (await kgit(fleet.clones[0] as string, ['locks', '--json'])).code === 0;
    const locks = hasLocks ? ['one', 'two'] : [];
    const options = { seed, workers: WORKERS, calls: CALLS, paths: 3, locks, timeout: '5m' };
    const calls = await runStress(fleet, options);
    expect(calls).toHaveLength(WORKERS * CALLS);
    await expectKept(fleet, calls, `CAMPAIGN_SEED=${seed}`);
    // A history in which nothing was refused, or nothing went through, would prove little.
    const conflicts = calls.filter(({ answer }) => answer?.error?.code === 'CONFLICT');
    expect(conflicts.length).toBeGreaterThan(0);
    expect(calls.filter(isAcknowledged).length).toBeGreaterThan(calls.length / 3);
    const codes = [...new Set(calls.map(({ answer }) => answer?.error?.code ?? 'ok'))];
    const expected = ['ok', 'CONFLICT', 'LOCK_HELD', 'FENCED', 'NOT_FOUND'];
    expect(codes.filter((code) => !expected.includes(code))).toEqual([]);
  }, 3_600_000);
});
