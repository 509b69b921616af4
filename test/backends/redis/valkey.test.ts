import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisKeySpace } from '../../../src/backends/redis/redis-key-space.js';
import { appendContract } from '../../support/append-contract.js';
import { keySpaceContract } from '../../support/key-space-contract.js';
import { keyedStoreContracts } from '../../support/keyed-store-contracts.js';
import { builtServer } from '../../support/servers/built-server.js';
import { type RedisServer, startRedis } from '../../support/servers/redis-server.js';
import { redisPlace } from './redis-place.js';

const VALKEY = builtServer('valkey');
let server: RedisServer;
let stores = 0;
const spaceOf = (store: string) => new RedisKeySpace(redisPlace(server.port, { store }));

describe.skipIf(VALKEY === null)('Valkey', () => {
  beforeAll(async () => {
    server = await startRedis({ program: VALKEY ?? '' });
  });
  afterAll(() => server.kill());

  it('tells what it is', async () => {
    const space = spaceOf('facts');
    const facts = { program: 'valkey', hasAppendOnlyFile: true, fsync: 'always', eviction: 'noeviction' };
    expect(await space.facts(20_000)).toMatchObject(facts);
    await space.close();
  });

  keySpaceContract('Valkey', {
    open: async () => {
      stores += 1;
      return spaceOf(`k${stores}`);
    },
    another: async () => spaceOf(`k${stores}`),
  });
  keyedStoreContracts('KeyedStore on Valkey', spaceOf);
  appendContract('KeyedStore on Valkey', spaceOf);
});

if (VALKEY === null)
  it('Valkey is not here (test/support/servers/valkey/install.sh), so its suites do not run', () =>
    undefined);
