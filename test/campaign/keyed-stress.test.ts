import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { ConsulKeySpace } from '../../src/backends/consul/consul-key-space.js';
import { EtcdKeySpace } from '../../src/backends/etcd/etcd-key-space.js';
import { FileKeySpace } from '../../src/backends/file/file-key-space.js';
import type { KeySpace } from '../../src/backends/keyed/key-space.js';
import { RedisKeySpace } from '../../src/backends/redis/redis-key-space.js';
import { sqliteEngine } from '../../src/backends/sqlite/sqlite-engine.js';
import { SqliteKeySpace } from '../../src/backends/sqlite/sqlite-key-space.js';
import { systemClock, thisHost } from '../../src/setup/this-host.js';
import { consulPlace } from '../backends/consul/consul-place.js';
import { etcdPlace } from '../backends/etcd/etcd-place.js';
import { redisPlace } from '../backends/redis/redis-place.js';
import { killedAfter } from '../support/campaign/call-kgit.js';
import { type Call, isAcknowledged } from '../support/campaign/history.js';
import { expectStoreKept, type KeyedFleet, makeKeyedFleet } from '../support/campaign/keyed-fleet.js';
import { Random } from '../support/campaign/random.js';
import { count, isLong, seed } from '../support/campaign/size.js';
import { runStress } from '../support/campaign/stress.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { until } from '../support/patience.js';
import { builtServer } from '../support/servers/built-server.js';
import { CONSUL, startConsul } from '../support/servers/consul-server.js';
import { startEtcd } from '../support/servers/etcd-server.js';
import { startRedis } from '../support/servers/redis-server.js';
import type { ServerProcess } from '../support/servers/server-process.js';

/** Processes at once. */
const WORKERS = 8;
/** Machines; on each of them, two processes share an outbox. */
const MACHINES = 4;
const CALLS = count('CAMPAIGN_CALLS', 2, 60);
/** How often the server is killed and started again. */
const SERVER_KILLS = count('CAMPAIGN_SERVER_KILLS', 1, 12);
/** Which part of the processes is killed. */
const KILLED = 1 / 6;
/** About as long as a call lasts, in ms. */
const CALL_MS = 600;

/** A place to write to, by as many processes as like. */
interface Place {
  readonly address: string;
  readonly space: () => KeySpace;
  /** Null if there is no server. */
  readonly server: ServerProcess | null;
}

const VALKEY = builtServer('valkey');

async function redis(program?: string): Promise<Place> {
  const server = await startRedis(program === undefined ? {} : { program });
  const space = () => new RedisKeySpace(redisPlace(server.port));
  return { address: `redis://127.0.0.1:${server.port}/0#prod`, space, server };
}

const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  redis: () => redis(),
  etcd: async () => {
    const server = await startEtcd();
    const space = () => new EtcdKeySpace(etcdPlace(server.port));
    return { address: `etcd://127.0.0.1:${server.port}#prod`, space, server };
  },
  sqlite: async () => {
    const [path, engine] = [join(temporaryFolder(), 'state.db'), await sqliteEngine()];
    return {
      address: `sqlite:${path}`,
      space: () => new SqliteKeySpace(path, engine, systemClock),
      server: null,
    };
  },
  file: async () => {
    const path = join(temporaryFolder(), 'state');
    return {
      address: `file:${path}`,
      space: () => new FileKeySpace(path, thisHost, systemClock),
      server: null,
    };
  },
  // Suites of their own say where these are not here.
  ...(isLong && VALKEY !== null && { valkey: () => redis(VALKEY) }),
  ...(CONSUL !== null && {
    consul: async () => {
      const server = await startConsul();
      const space = () => new ConsulKeySpace(consulPlace(server.port));
      return { address: `consul://127.0.0.1:${server.port}#prod`, space, server };
    },
  }),
};

const servers: ServerProcess[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.kill();
});

/** Counts the calls that have ended, and kills some of the processes. */
function dying(fleet: KeyedFleet, random: Random): KeyedFleet & { readonly ended: () => number } {
  let ended = 0;
  return {
    ...fleet,
    ended: () => ended,
    run: async (clone, args, options) => {
      const ms = random.next() * CALL_MS;
      const isKilled = random.next() < KILLED;
      const env = fleet.environment(clone);
      const call = isKilled
        ? killedAfter(ms)(clone, args, { ...options, env })
        : fleet.run(clone, args, options);
      return call.finally(() => {
        ended += 1;
      });
    },
  };
}

/** Kills the server and starts it again, at equal shares of the calls: some have ended before, so some were answered. */
async function killServer(server: ServerProcess, random: Random, isReached: (share: number) => boolean) {
  for (let n = 1; n <= SERVER_KILLS; n++) {
    await until(() => isReached(n / (SERVER_KILLS + 1)));
    await server.kill();
    await sleep(random.next() * 1_000);
    await server.start();
  }
}

describe('checked histories', () => {
  it.each(Object.entries(PLACES))(
    `${WORKERS} processes on %s, ${CALLS} calls each, some killed, and so is the server: every promise is kept (CAMPAIGN_SEED=${seed})`,
    async (_name, begin) => {
      const { address, space, server } = await begin();
      if (server) servers.push(server);
      const random = new Random(seed);
      const fleet = await makeKeyedFleet(MACHINES, address);
      const some = dying(fleet, random);
      const options = {
        seed,
        workers: WORKERS,
        calls: CALLS,
        paths: 3,
        locks: ['one', 'two'],
        timeout: '5m',
      };
      const isReached = (share: number) => some.ended() >= share * WORKERS * CALLS;
      const [calls] = await Promise.all([
        runStress(some, options),
        server && killServer(server, random, isReached),
      ]);
      await expectStoreKept(fleet, space(), calls, `CAMPAIGN_SEED=${seed}`);
      tell(calls);
    },
    3_600_000,
  );
});

/** Makes sure that the history proves something, and says how much. */
function tell(calls: readonly Call[]): void {
  const codes = calls.map(({ code, answer }) => (code === null ? 'killed' : (answer?.error?.code ?? 'ok')));
  const expected = ['ok', 'killed', 'CONFLICT', 'LOCK_HELD', 'FENCED', 'NOT_FOUND', 'REMOTE'];
  expect(codes.filter((code) => !expected.includes(code))).toEqual([]);
  const counted = expected
    .map((code) => `${code} ${codes.filter((each) => each === code).length}`)
    .join(', ');
  expect(calls.filter(isAcknowledged).length, counted).toBeGreaterThan(isLong ? calls.length / 5 : 0);
  console.info(counted);
}
