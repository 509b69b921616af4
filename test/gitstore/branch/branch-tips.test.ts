import { expect, it } from 'vitest';
import { branchTips } from '../../../src/gitstore/branch/branch-tips.js';
import { fakeClock } from '../../support/store-fixtures.js';

/** When a watch of so many ms fetches, in ms since it began; the last fetch before was just then. */
async function fetches(maxAge: number | undefined, until: number): Promise<number[]> {
  const clock = fakeClock();
  const began = clock.now();
  const stop = new AbortController();
  const found: number[] = [];
  let last = began;
  const sleep = async (ms: number) => {
    await clock.sleep(ms);
    if (clock.now() - began > until) stop.abort();
  };
  const tips = branchTips({
    looks: async () => 'same',
    head: async () => ({ revision: 'r1', fetchedAt: last }),
    fetchedAt: async () => last,
    fetch: async () => {
      last = clock.now();
      found.push(last - began);
    },
    clock: { now: clock.now, sleep },
    signal: stop.signal,
    maxAge,
  });
  for await (const tip of tips) expect(tip).toBe('r1');
  return found;
}

it('fetches when the last fetch, by whichever process, is as old as the watcher allows', async () => {
  expect(await fetches(15_000, 40_000)).toEqual([15_000, 30_000]);
  expect(await fetches(undefined, 11_000)).toEqual([5_000, 10_000]);
});
