import { describe, expect, it } from 'vitest';
import { expectKept, type Fleet, makeFleet } from '../support/campaign/fleet.js';
import { isAcknowledged, isWrite } from '../support/campaign/history.js';
import { count, seed } from '../support/campaign/size.js';
import { runStress } from '../support/campaign/stress.js';
import { kgit } from '../support/kgit.js';

const WORKERS = count('CAMPAIGN_WORKERS', 8, 16);
const CLONES = count('CAMPAIGN_CLONES', 3, 6);
const CALLS = count('CAMPAIGN_CALLS', 12, 250);

describe('checked histories', () => {
  it(`${WORKERS} processes on ${CLONES} clones, ${CALLS} calls each: every promise is kept (CAMPAIGN_SEED=${seed})`, async () => {
    const plain = await makeFleet(CLONES);
    // Every other clone takes along what others offer, and offers its own.
    const combining = { KGIT_PUBLISH_COMBINE: 'true' };
    const run: Fleet['run'] = (clone, args, more) => {
      const env = plain.clones.indexOf(clone) % 2 === 0 ? combining : {};
      return kgit(clone, args, { ...more, env: { ...env, ...more?.env } });
    };
    const fleet = { ...plain, run };
    const locks = ['one', 'two'];
    const options = { seed, workers: WORKERS, calls: CALLS, paths: 3, locks, timeout: '5m' };
    const calls = await runStress(fleet, options);
    expect(calls).toHaveLength(WORKERS * CALLS);
    await expectKept(fleet, calls, `CAMPAIGN_SEED=${seed}`);
    // A history in which nothing was refused, or nothing went through, would prove little.
    const conflicts = calls.filter(({ answer }) => answer?.error?.code === 'CONFLICT');
    expect(conflicts.length).toBeGreaterThan(0);
    expect(calls.filter(isAcknowledged).length).toBeGreaterThan(calls.length / 3);
    const succeeded = (kind: string) => calls.filter(({ step, code }) => step.kind === kind && code === 0);
    expect(succeeded('lock').length).toBeGreaterThan(0);
    const underLocks = calls.filter((call) => isWrite(call) && call.step.lock !== undefined);
    expect(underLocks.filter(isAcknowledged).length).toBeGreaterThan(0);
    expect(underLocks.filter((call) => !isAcknowledged(call)).length).toBeGreaterThan(0);
    const codes = [...new Set(calls.map(({ answer }) => answer?.error?.code ?? 'ok'))];
    const expected = ['ok', 'CONFLICT', 'LOCK_HELD', 'FENCED', 'NOT_FOUND'];
    expect(codes.filter((code) => !expected.includes(code))).toEqual([]);
  }, 3_600_000);
});
