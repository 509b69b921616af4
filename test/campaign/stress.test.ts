import { describe, expect, it } from 'vitest';
import { expectKept, makeFleet } from '../support/campaign/fleet.js';
import { type Call, isAcknowledged, isWrite } from '../support/campaign/history.js';
import { count, seed } from '../support/campaign/size.js';
import { runStress } from '../support/campaign/stress.js';

const WORKERS = count('CAMPAIGN_WORKERS', 8, 16);
const CLONES = count('CAMPAIGN_CLONES', 3, 6);
const CALLS = count('CAMPAIGN_CALLS', 8, 250);

/** As many seeds as it may take until each kind of answer was seen: a short history may miss one. */
const HISTORIES = 12;

/** What a history must hold, or it proves little: writes that went through and such that were refused. */
function missing(calls: readonly Call[]): string[] {
  const locked = calls.filter((call) => isWrite(call) && call.step.lock !== undefined);
  const counts = {
    conflicts: calls.filter(({ answer }) => answer?.error?.code === 'CONFLICT').length,
    'locks taken': calls.filter(({ step, code }) => step.kind === 'lock' && code === 0).length,
    'writes under a lock': locked.filter(isAcknowledged).length,
    'writes refused under a lock': locked.filter((call) => !isAcknowledged(call)).length,
  };
  return Object.entries(counts).flatMap(([what, found]) => (found === 0 ? [what] : []));
}

/** A history on a server and clones of its own, checked. */
async function history(its: number): Promise<Call[]> {
  const fleet = await makeFleet(CLONES);
  const locks = ['one', 'two'];
  const options = { seed: its, workers: WORKERS, calls: CALLS, paths: 3, locks, timeout: '5m' };
  const calls = await runStress(fleet, options);
  expect(calls).toHaveLength(WORKERS * CALLS);
  await expectKept(fleet, calls, `CAMPAIGN_SEED=${its}`);
  // How many conditions and locks hold is a matter of the race; a store that refuses nearly all would prove nothing.
  expect(calls.filter(isAcknowledged).length).toBeGreaterThan(calls.length / 10);
  const codes = [...new Set(calls.map(({ answer }) => answer?.error?.code ?? 'ok'))];
  const expected = ['ok', 'CONFLICT', 'LOCK_HELD', 'FENCED', 'NOT_FOUND'];
  expect(codes.filter((code) => !expected.includes(code))).toEqual([]);
  return calls;
}

describe('checked histories', () => {
  it(`${WORKERS} processes on ${CLONES} clones, ${CALLS} calls each: every promise is kept (CAMPAIGN_SEED=${seed})`, async () => {
    const calls = await history(seed);
    for (let i = 1; missing(calls).length > 0 && i < HISTORIES; i++) calls.push(...(await history(seed + i)));
    expect(missing(calls)).toEqual([]);
  }, 3_600_000);
});
