import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { callKgit } from '../support/campaign/call-kgit.js';
import { expectKept, type Fleet, makeFleet, syncAll } from '../support/campaign/fleet.js';
import type { Call } from '../support/campaign/history.js';
import { type Hosts, startHosts } from '../support/campaign/hosts.js';
import { count, seed } from '../support/campaign/size.js';
import { runStress } from '../support/campaign/stress.js';
import { git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit } from '../support/kgit.js';
import { PATIENCE_MS } from '../support/patience.js';

const CALLS = count('CAMPAIGN_CALLS', 3, 100);
const CUT_MS = 2_500;
const PATIENT = { more: ['--timeout', '5m'] };

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

/**
 * Writes of a writer whose wire is pulled while the server has their push and before it answers: the last of them, and
 * those before it that were given up before the server had any.
 */
async function cutInPush(fleet: Fleet, { wire }: Hosts, writer: number): Promise<Call[]> {
  const hook = join(fleet.remote, 'hooks/pre-receive');
  const folder = temporaryFolder('kgit-cut-');
  const [met, go] = [join(folder, 'met'), join(folder, 'go')];
  const calls: Call[] = [];
  writeFileSync(hook, `#!/bin/sh\ntouch ${met}\nwhile [ ! -e ${go} ]; do sleep 0.05; done\n`);
  chmodSync(hook, 0o755);
  // A machine that is slow needs more time to get there.
  for (let seconds = 5; !existsSync(met); seconds *= 2) {
    const more = ['--timeout', `${seconds}s`];
    const call = callKgit(fleet, writer, `cut${writer}-${seconds}`, { kind: 'event' }, { more });
    let isOver = false;
    void call.finally(() => {
      isOver = true;
    });
    while (!isOver && !existsSync(met)) await sleep(20);
    await wire(writer, false);
    writeFileSync(go, '');
    calls.push(await call);
    await wire(writer, true);
    if (!existsSync(met)) rmSync(go);
  }
  rmSync(hook);
  // One that was given up may have got there since.
  writeFileSync(go, '');
  return calls;
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
      await wire(writer, false);
      await sleep(CUT_MS);
      await wire(writer, true);
    }
  })();
  const calls = await runStress(fleet, options);
  isRunning = false;
  await cuts;
  for (const writer of [0, 1]) {
    const cut = await cutInPush(fleet, hosts as unknown as Hosts, writer);
    expect(cut.at(-1)?.answer, `CAMPAIGN_SEED=${seed}`).toMatchObject({ delivery: 'queued' });
    const healed = await callKgit(fleet, writer, `healed${writer}`, { kind: 'event' }, PATIENT);
    expect(healed.answer, `CAMPAIGN_SEED=${seed}`).toMatchObject({ delivery: 'published' });
    calls.push(...cut, healed);
  }
  await expectKept(fleet, calls, `CAMPAIGN_SEED=${seed}`);
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
  const event = ['push-event', 'touched', '--cluster', 'prod', '--json', '--timeout', '1s'];
  const remote = async (...more: string[]) => {
    const { code, json } = await fleet.run(here, ['doctor', '--json', ...more]);
    const checks: { name: string; ok: boolean; detail: string; fix: string | null }[] = json.checks;
    const check = (name: string) => checks.find((one) => one.name === name);
    return { code, remote: check('remote'), outbox: check('outbox') };
  };
  const seen = await fleet.run(here, ['locks', '--json']);
  expect(seen.json.locks).toMatchObject([{ name: 'network', here: false }]);
  expect((await remote()).remote).toMatchObject({ ok: true });

  await wire(0, false);
  const began = Date.now();
  const cut = await remote('--timeout', '1s');
  // By itself a connection waits for two minutes.
  expect(Date.now() - began).toBeLessThan(PATIENCE_MS);
  expect(cut).toMatchObject({ code: 3, remote: { ok: false, fix: expect.stringMatching(/\S/) } });
  // What was last seen is better than nothing, and is said to be no more than that.
  const known = await fleet.run(here, ['locks', '--json', '--timeout', '1s']);
  expect(known).toMatchObject({ code: 0, json: { locks: [{ name: 'network', reason: 'peering' }] } });
  expect(known.stderr).toContain('answered from what was last seen here');
  const asked = await fleet.run(here, ['locks', '--fetch', '--json', '--timeout', '1s']);
  expect(asked).toMatchObject({ code: 16, json: { error: { code: 'REMOTE' } } });
  // What must be asked of the remote is not guessed: neither taken nor ended.
  for (const args of [
    ['lock', 'other'],
    ['unlock', 'network', '--force', '--reason', 'test'],
  ])
    expect(await fleet.run(here, [...args, '--json', '--timeout', '1s'])).toMatchObject({ code: 16 });
  expect((await fleet.run(here, event)).json).toMatchObject({ delivery: 'queued' });
  expect((await remote('--timeout', '1s')).outbox?.detail).toMatch(/^1 write waits to be published/);

  await wire(0, true);
  expect(await syncAll(fleet)).toEqual([]);
  expect(await remote()).toMatchObject({ remote: { ok: true } });
  const now = await fleet.run(here, ['locks', '--fetch', '--json']);
  expect(now.json.locks).toMatchObject([{ name: 'network', token: 1 }]);
});
