/** A Redis that is killed, goes back to an older disk, or loses its data, with `fallback: file` on its clients. */
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../support/campaign/random.js';
import { count } from '../../support/campaign/size.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { type RedisServer, startRedis } from '../../support/servers/redis-server.js';
import { Machine } from './machine.js';

const AOF = 'appendonlydir';
const ROUNDS = count('KILLS', 3, 40);
let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.kill());

const address = (store: string) => `redis://127.0.0.1:${server.port}/0#${store}`;

/** Keeps what the server has now; the function that is returned brings it back. */
async function disk(): Promise<() => Promise<void>> {
  const kept = temporaryFolder('kgit-disk-');
  await server.kill();
  cpSync(join(server.folder, AOF), join(kept, AOF), { recursive: true });
  await server.start();
  return async () => {
    await server.kill();
    rmSync(join(server.folder, AOF), { recursive: true });
    cpSync(join(kept, AOF), join(server.folder, AOF), { recursive: true });
    await server.start();
  };
}

async function emptyDisk(): Promise<void> {
  await server.kill();
  rmSync(join(server.folder, AOF), { recursive: true });
  await server.start();
}

describe('a server that is killed during writes', () => {
  it('has each write that was acknowledged, grants no condition twice, and has no write that failed but once', async () => {
    const random = new Random(19);
    const ada = new Machine(address('killed'));
    await ada.ok('init', '--deployment', 'd1');
    await ada.ok('set', 'deployment.counter=0');
    const told = new Map<string, number | null>();
    const granted: number[] = [];
    const doubtful: number[] = [];
    let counter = 0;
    for (let round = 0; round < ROUNDS; round++) {
      let isKilled = false;
      let killing: Promise<void> | null = null;
      for (let n = 0; !isKilled; n++) {
        // The first two go through; the next ones meet the end of the server.
        if (n === 2) {
          const late = new Promise((wake) => setTimeout(wake, random.below(60)));
          killing = late.then(() => server.kill());
          killing.then(() => {
            isKilled = true;
          });
        }
        if (n % 2 === 0) {
          const action = `step_${round}_${n}`;
          told.set(action, (await ada.run('push-event', action, '--cluster', 'prod')).code);
          continue;
        }
        const condition = ['--if', `deployment.counter=${counter}`];
        const set = await ada.run('set', `deployment.counter=${counter + 1}`, ...condition, '--json');
        if (set.code === 0) granted.push(counter + 1);
        else if (set.json.error.data.outcome === 'unknown') doubtful.push(counter + 1);
        else expect(set).toMatchObject({ code: 16, json: { error: { data: { kept: false } } } });
        if (set.code === 0) counter += 1;
      }
      await killing;
      await server.start();
      await ada.ok('sync');
      counter = Number(await ada.ok('get', 'deployment.counter'));
    }
    const actions = await ada.actions();
    for (const [action, code] of told) {
      expect([0, 16]).toContain(code);
      const count = actions.filter((each) => each === action).length;
      if (code === 0) expect(count, action).toBe(1);
      else expect(count, action).toBeLessThanOrEqual(1);
    }
    const values = await ada.valuesOf('deployment.counter');
    expect(new Set(values).size).toBe(values.length);
    for (const value of granted) expect(values).toContain(value);
    for (const value of values) if (value > 0) expect([...granted, ...doubtful]).toContain(value);
    expect(await ada.waiting()).toBe(0);
    expect(granted.length).toBeGreaterThanOrEqual(ROUNDS);
  });
});

describe('a server that comes back', () => {
  it('with an older disk gets what it lost, and is told of conditions that hold no more', async () => {
    const ada = new Machine(address('older'));
    const bob = new Machine(address('older'));
    await ada.ok('init', '--deployment', 'd1');
    await ada.ok('set', 'deployment.region=eu', 'deployment.zone=a');
    const goBack = await disk();
    await ada.ok('push-event', 'cluster_created', '--cluster', 'prod');
    await ada.ok('set', 'deployment.region=us');
    await ada.ok('set', 'deployment.zone=b', '--if', 'deployment.zone=a');
    await goBack();
    await bob.ok('set', 'deployment.zone=c', '--if', 'deployment.zone=a');
    const read = await ada.run('get', 'deployment.region');
    expect(read.stderr).toMatch(/the remote lost commits.*went back.*3 writes of this clone/);
    expect(await ada.copyHead()).toBe(4);
    await ada.ok('get', 'deployment.region');
    const synced = await ada.run('sync', '--json');
    expect(synced.json).toMatchObject({ pending: 0, rejected: [{ code: 'CONFLICT' }] });
    expect(synced.json.published).toHaveLength(2);
    expect((await ada.actions()).filter((action) => action === 'cluster_created')).toHaveLength(1);
    expect(await bob.ok('get', 'deployment.region')).toBe('us\n');
    expect(await bob.ok('get', 'deployment.zone')).toBe('c\n');
    await server.kill();
    expect(await ada.ok('get', 'deployment.zone')).toBe('c\n');
    await server.start();
  });

  it('without its data, or with another store, is refused until somebody accepts it', async () => {
    const ada = new Machine(address('gone'));
    await ada.ok('init', '--deployment', 'd1');
    await ada.ok('set', 'deployment.region=eu');
    await emptyDisk();
    const read = await ada.run('get', 'deployment.region');
    expect(read).toMatchObject({ code: 0, stdout: 'eu\n' });
    expect(read.stderr).toMatch(/answered from what is here.*the store is empty; it was at revision 3-/);
    expect(await ada.fails(16, 'push-event', 'node_added', '--cluster', 'prod')).toMatchObject({
      data: { cause: 'store-gone', kept: true },
    });
    const bob = new Machine(address('gone'));
    await bob.ok('init', '--deployment', 'd1');
    await bob.ok('set', 'deployment.region=asia');
    await ada.fails(12, 'get', 'deployment.region');
    await ada.fails(12, 'set', 'deployment.region=us');
    expect(await ada.copyHead()).toBe(3);
    await ada.ok('sync', '--accept-rewrite', '--yes');
    expect(await ada.ok('get', 'deployment.region')).toBe('asia\n');
    expect(await ada.actions()).toContain('node_added');
    await server.kill();
    expect(await ada.ok('get', 'deployment.region')).toBe('asia\n');
    await server.start();
  });
});

describe('kgit outbox', () => {
  it('works without the server, without a copy, and with a kgit.yaml that nobody can read', async () => {
    const ada = new Machine(address('plain'), 'none');
    await ada.ok('init', '--deployment', 'd1');
    await ada.ok('push-event', 'node_added', '--cluster', 'prod', '--queue');
    await server.kill();
    await ada.fails(16, 'get', 'deployment.region');
    await ada.fails(16, 'push-event', 'node_removed', '--cluster', 'prod');
    const [waiting] = (await ada.run('outbox', '--json')).json.operations;
    expect(waiting).toMatchObject({ action: 'node_added' });
    await ada.fails(16, 'outbox', 'retry');
    await server.start();
    await server.ask("set kgit:{plain}:tip/kgit.yaml 'apiVersion: kgit/v99'");
    await ada.fails(14, 'get', 'deployment.region');
    expect(await ada.waiting()).toBe(1);
    await ada.ok('outbox', 'drop', waiting.id);
    expect(await ada.waiting()).toBe(0);
    expect(readdirSync(ada.local)).not.toContain('copy');
    expect(readFileSync(join(ada.local, 'known.json'), 'utf8')).toContain('"revision":"2-');
  });
});
