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

it('an operator whose wire is cut is told so by doctor and locks, in time, and all is well once it is healed', async () => {
  const fleet = await fleetOn(async (remote) => {
    hosts = await startHosts(dirname(remote), remote);
    return hosts;
  });
  const { wire } = hosts as unknown as Hosts;
  const [here = '', there = ''] = fleet.clones;
  const lock = await fleet.run(there, ['lock', 'network', '--reason', 'peering', '--json']);
  expect(lock.code, lock.stdout).toBe(0);
  const event = ['push-event', 'touched', '--cluster', 'prod', '--json', '--timeout', '3s'];
  const remote = async () => {
    const { code, json } = await fleet.run(here, ['doctor', '--json', '--timeout', '3s']);
    const checks: { name: string; ok: boolean; detail: string; fix: string | null }[] = json.checks;
    const check = (name: string) => checks.find((one) => one.name === name);
    return { code, remote: check('remote'), outbox: check('outbox') };
  };
  const seen = await fleet.run(here, ['locks', '--json']);
  expect(seen.json.locks).toMatchObject([{ name: 'network', here: false }]);
  expect((await remote()).remote).toMatchObject({ ok: true });

  wire(0, false);
  const began = Date.now();
  const cut = await remote();
  expect(Date.now() - began).toBeLessThan(15_000);
  expect(cut).toMatchObject({ code: 3, remote: { ok: false, fix: expect.stringMatching(/\S/) } });
  // What was last seen is better than nothing, and is said to be no more than that.
  const known = await fleet.run(here, ['locks', '--json', '--timeout', '3s']);
  expect(known).toMatchObject({ code: 0, json: { locks: [{ name: 'network', reason: 'peering' }] } });
  expect(known.stderr).toContain('answered from what was last seen here');
  const asked = await fleet.run(here, ['locks', '--fetch', '--json', '--timeout', '3s']);
  expect(asked).toMatchObject({ code: 16, json: { error: { code: 'REMOTE' } } });
  // What must be asked of the remote is not guessed: neither taken nor ended.
  for (const args of [
    ['lock', 'other'],
    ['unlock', 'network', '--force', '--reason', 'test'],
  ])
    expect(await fleet.run(here, [...args, '--json', '--timeout', '3s'])).toMatchObject({ code: 16 });
  expect((await fleet.run(here, event)).json).toMatchObject({ delivery: 'queued' });
  expect((await remote()).outbox?.detail).toMatch(/^1 write waits to be published/);

  wire(0, true);
  expect(await syncAll(fleet)).toEqual([]);
  expect(await remote()).toMatchObject({ remote: { ok: true } });
  const now = await fleet.run(here, ['locks', '--fetch', '--json']);
  expect(now.json.locks).toMatchObject([{ name: 'network', token: 1 }]);
}, 300_000);
