import { type RedisServer, startRedis } from '../../support/servers/redis-server.js';
import { storeCommands } from '../../support/store-commands.js';

let server: RedisServer;

storeCommands({
  backend: 'redis',
  begin: async () => {
    server = await startRedis();
    return `redis://127.0.0.1:${server.port}/0#team`;
  },
  end: () => server.kill(),
});
