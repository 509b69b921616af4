import { afterAll, beforeAll } from 'vitest';
import { RedisKeySpace } from '../../../src/backends/redis/redis-key-space.js';
import { appendContract } from '../../support/append-contract.js';
import { keyedStoreContracts } from '../../support/keyed-store-contracts.js';
import { type RedisServer, startRedis } from '../../support/servers/redis-server.js';
import { redisPlace } from './redis-place.js';

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.kill());

keyedStoreContracts('KeyedStore on Redis', (store) => new RedisKeySpace(redisPlace(server.port, { store })));
appendContract('KeyedStore on Redis', (store) => new RedisKeySpace(redisPlace(server.port, { store })));
