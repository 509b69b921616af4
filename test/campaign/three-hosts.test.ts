import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { expectKept, type Fleet, makeFleet, syncAll } from '../support/campaign/fleet.js';
import { type Hosts, startHosts } from '../support/campaign/hosts.js';
import { count, seed } from '../support/campaign/size.js';
import { runStress } from '../support/campaign/stress.js';
import { git } from '../support/git-fixtures.js';
import { kgit } from '../support/kgit.js';

const CALLS = count('CAMPAIGN_CALLS', 6, 100);
const CUT_MS = 2_500;

let hosts: Hosts | null = null;
afterEach(async () => {
  await hosts?.stop();
  hosts = null;
});

/** A fleet whose clone number i lies on writer i % 2. */
async function fleetOn(machines: (remote: string) => Promise<Hosts>): Promise<Fleet> {
  const fleet = await makeFleet(4);
  const { urls, writers } = await machines(fleet.remote);
  const places = new Map<string, (typeof writers)[number]>();
  for (const [i, clone] of fleet.clones.entries()) {
    git(clone, 'remote', 'set-url', 'origin', urls[i % 2] as string);
    places.set(clone, writers[i % 2] as (typeof writers)[number]);
  }
  return { ...fleet, run: (clone, args, options) => kgit(clone, args, { ...places.get(clone), ...options }) };
}

it(`two machines write to a third over ssh and http while wires are cut and healed (CAMPAIGN_SEED=${seed})`, async () => {
  const fleet = await fleetOn(async (remote) => {
    hosts = await startHosts(dirname(remote), remote);
    return hosts;
  });
  const { wire } = hosts as unknown as Hosts;
  expect(await syncAll(fleet)).toEqual([]);
  const options = { seed, workers: 4, calls: CALLS, paths: 2, locks: [], timeout: '8s' };
  let isRunning = true;
  const cuts = (async () => {
    for (let writer = 0; isRunning; writer = 1 - writer) {
      await sleep(CUT_MS);
      wire(writer, false);
      await sleep(CUT_MS);
      wire(writer, true);
    }
  })();
  const calls = await runStress(fleet, options);
  isRunning = false;
  await cuts;
  await expectKept(fleet, calls, `CAMPAIGN_SEED=${seed}`);
  const ends = new Set(calls.map(({ answer }) => answer?.delivery ?? answer?.error?.code));
  // Cut wires show as writes that wait, or that could not be checked; the others went through.
  expect(ends).toContain('published');
  expect([...ends].filter((end) => end === 'queued' || end === 'REMOTE').length).toBeGreaterThan(0);
}, 600_000);
