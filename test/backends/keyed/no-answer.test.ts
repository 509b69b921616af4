/** Commands whose write reaches the server, and whose answer does not come back. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConsulKeySpace } from '../../../src/backends/consul/consul-key-space.js';
import { EtcdKeySpace } from '../../../src/backends/etcd/etcd-key-space.js';
import type { KeySpace } from '../../../src/backends/keyed/key-space.js';
import { RedisKeySpace } from '../../../src/backends/redis/redis-key-space.js';
import { readLine } from '../../support/campaign/read-line.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { MS } from '../../support/key-space-faults.js';
import { type KgitRun, kgit, kgitJson } from '../../support/kgit.js';
import { until } from '../../support/patience.js';
import { CONSUL, startConsul } from '../../support/servers/consul-server.js';
import { type CuttingProxy, cuttingProxy } from '../../support/servers/cutting-proxy.js';
import { startEtcd } from '../../support/servers/etcd-server.js';
import { startRedis } from '../../support/servers/redis-server.js';
import type { ServerProcess } from '../../support/servers/server-process.js';
import { consulPlace } from '../consul/consul-place.js';
import { etcdPlace } from '../etcd/etcd-place.js';
import { redisPlace } from '../redis/redis-place.js';

/** A server, and how its stores are reached. */
interface Kind {
  readonly start: () => Promise<ServerProcess & { readonly port: number }>;
  readonly address: (port: number, store: string) => string;
  readonly space: (port: number, store: string) => KeySpace;
  /** A request that writes. */
  readonly writes: RegExp;
}

const KINDS: Readonly<Record<string, Kind>> = {
  redis: {
    start: () => startRedis(),
    address: (port, store) => `redis://127.0.0.1:${port}/0#${store}`,
    space: (port, store) => new RedisKeySpace(redisPlace(port, { store })),
    writes: /EVAL/,
  },
  etcd: {
    start: () => startEtcd(),
    address: (port, store) => `etcd://127.0.0.1:${port}#${store}`,
    space: (port, store) => new EtcdKeySpace(etcdPlace(port, { store })),
    writes: /"applied":|"lease":/,
  },
  ...(CONSUL !== null && {
    consul: {
      start: () => startConsul(),
      address: (port, store) => `consul://127.0.0.1:${port}#${store}`,
      space: (port, store) => new ConsulKeySpace(consulPlace(port, { store })),
      writes: /"Verb": ?"(set|cas)"/,
    },
  }),
};

/** What became of a write whose answer did not come back. */
type Fate = 'it was carried out' | 'it was carried out, and the server is gone' | 'the server ended before';
const FATES: readonly Fate[] = [
  'it was carried out',
  'it was carried out, and the server is gone',
  'the server ended before',
];

/** A command that writes, and what it and its repetition must answer: exit code, and part of the JSON. */
interface Command {
  readonly args: readonly string[];
  readonly answers: Readonly<Record<Fate, readonly [code: number, json: object]>>;
  /** Without those whose repetition is another write. */
  readonly again?: Readonly<Partial<Record<Fate, number>>> | undefined;
}

const PUBLISHED = { delivery: 'published' };
const QUEUED = [0, { delivery: 'queued' }] as const;
const UNKNOWN = [16, { error: { data: { cause: 'broken-off', outcome: 'unknown' } } }] as const;

const answers = (settled: object, other: readonly [number, object]): Command['answers'] => ({
  'it was carried out': [0, settled],
  'it was carried out, and the server is gone': other,
  'the server ended before': other,
});
/** Exit codes of a repetition: where the first is there, and where it is not. */
const again = (isThere: number): Command['again'] => ({
  'it was carried out': isThere,
  'it was carried out, and the server is gone': isThere,
  'the server ended before': 0,
});

const COMMANDS: Readonly<Record<string, Command>> = {
  'push-event': {
    args: ['push-event', 'touched', '--cluster', 'c'],
    answers: answers(PUBLISHED, QUEUED),
  },
  'set --if': {
    args: ['set', 'a.b=2', '--if', 'a.b=1', '--deployment', 'd'],
    answers: answers(PUBLISHED, UNKNOWN),
    again: again(12),
  },
  phase: {
    args: ['phase', 'start', 'create_vms', '--deployment', 'd'],
    answers: answers(PUBLISHED, UNKNOWN),
    // A repetition of one that is there notes the second of the repetition.
    again: { 'the server ended before': 0 },
  },
  lock: {
    args: ['lock', 'one'],
    answers: answers({ token: 1 }, UNKNOWN),
    again: again(11),
  },
  'unlock --force': {
    args: ['unlock', 'one', '--force', '--reason', 'test'],
    answers: answers({ broke: { audit: PUBLISHED } }, UNKNOWN),
    again: again(15),
  },
};

describe.each(Object.entries(KINDS))('on %s', (name, { start, address, space, writes }) => {
  // What is above the key spaces is the same on each.
  const all = name === 'redis';
  let server: ServerProcess & { readonly port: number };
  let proxy: CuttingProxy;
  let stores = 0;
  beforeAll(async () => {
    server = await start();
    proxy = await cuttingProxy(server.port);
  });
  afterAll(async () => {
    await proxy.stop();
    await server.kill();
  });

  /** A store of its own, and a machine that reaches it through the proxy. */
  async function begun(command: string) {
    stores += 1;
    const store = `s${stores}`;
    const machine = temporaryFolder();
    const at = (port: number, state: string) => ({
      env: { KGIT_REPO: address(port, store), KGIT_USER: 'ada', XDG_STATE_HOME: join(machine, state) },
    });
    const direct = at(server.port, 'direct');
    await kgitJson(machine, ['init', '--deployment', 'd'], direct);
    await kgitJson(machine, ['set', '--create-key', 'a.b=1', '--deployment', 'd'], direct);
    // Redis knows the script of appends from then on: the first request is the write.
    if (command === 'push-event') await kgitJson(machine, ['push-event', 'begun', '--cluster', 'c'], direct);
    if (command === 'unlock --force') await kgitJson(machine, ['lock', 'one'], direct);
    const through = at(proxy.port, 'through');
    const keys = space(server.port, store);
    const moved = async () => JSON.stringify(await keys.get(['head', 'lock/one'], MS));
    return {
      run: (...args: readonly string[]): Promise<KgitRun> => kgit(machine, [...args, '--json'], through),
      begin: (await readLine(keys)).commits.length,
      before: await moved(),
      moved,
      keys,
    };
  }

  const some = Object.entries(COMMANDS).filter(
    ([command]) => all || ['push-event', 'lock'].includes(command),
  );
  describe.each(some)('%s without an answer', (command, { args, answers, again }) => {
    it.each(FATES)('%s', async (fate) => {
      const { run, begin, before, moved, keys } = await begun(command);
      const isLost = fate === 'the server ended before';
      const held = proxy.hold(isLost ? 'request' : 'answer', writes);
      const running = run(...args);
      await Promise.race([held, running]);
      if (!isLost) await until(async () => (await moved()) !== before);
      const isGone = fate !== 'it was carried out';
      if (isGone) await server.kill();
      proxy.cut();
      const ended = await running;
      if (isGone) await server.start();
      const [code, json] = answers[fate];
      expect(ended, ended.stdout).toMatchObject({ code });
      expect(ended.json).toMatchObject(json);
      expect(await run('sync')).toMatchObject({ code: 0, json: { pending: 0 } });
      if (again?.[fate] !== undefined) expect((await run(...args)).code).toBe(again[fate]);
      // Once in all.
      const { commits, chains, wrong } = await readLine(keys);
      expect(wrong).toEqual([]);
      expect(commits).toHaveLength(begin + (command === 'lock' ? 0 : 1));
      const lock = { lock: 'acquire', 'unlock --force': 'break' }[command];
      expect(chains.get('one')?.map(({ action, token }) => [action, token])).toEqual(lock && [[lock, 1]]);
      await keys.close();
    });
  });
});
