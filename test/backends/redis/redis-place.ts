import type { RedisOptions } from '../../../src/backends/redis/redis-options.js';

/** Options for a store on a server of this machine. */
export function redisPlace(port: number, more: Partial<RedisOptions> = {}): RedisOptions {
  return {
    ...{ host: '127.0.0.1', port, database: 0, username: '', password: '' },
    ...{ sentinels: [], master: '', waitReplicas: 0, durability: 'required', store: 'prod' },
    ...more,
  };
}
