import { describe } from 'vitest';
import { CONSUL, type ConsulServer, startConsul } from '../../support/servers/consul-server.js';
import { storeCommands } from '../../support/store-commands.js';

let server: ConsulServer;

// consul-key-space.test.ts says where it is not built.
describe.skipIf(CONSUL === null)('every command', () => {
  storeCommands({
    backend: 'consul',
    begin: async () => {
      server = await startConsul();
      return `consul://127.0.0.1:${server.port}#team`;
    },
    end: () => server.kill(),
  });
});
