import { afterAll, beforeAll, describe, it } from 'vitest';
import { ConsulKeySpace } from '../../../src/backends/consul/consul-key-space.js';
import { appendContract } from '../../support/append-contract.js';
import { keySpaceContract } from '../../support/key-space-contract.js';
import { keyedStoreContracts } from '../../support/keyed-store-contracts.js';
import { CONSUL, type ConsulServer, startConsul } from '../../support/servers/consul-server.js';
import { consulPlace } from './consul-place.js';

let server: ConsulServer;
let stores = 0;
const spaceOf = (store: string) => new ConsulKeySpace(consulPlace(server.port, { store }));

// Building Consul takes ten minutes, once: test/support/servers/consul/install.sh.
describe.skipIf(CONSUL === null)(`Consul${CONSUL === null ? ' (not built here)' : ''}`, () => {
  beforeAll(async () => {
    server = await startConsul();
  });
  afterAll(() => server.kill());

  keySpaceContract('Consul', {
    open: async () => {
      stores += 1;
      return spaceOf(`k${stores}`);
    },
    another: async () => spaceOf(`k${stores}`),
  });
  keyedStoreContracts('KeyedStore on Consul', spaceOf);
  appendContract('KeyedStore on Consul', spaceOf);
});

if (CONSUL === null)
  it('Consul is not built here (test/support/servers/consul/install.sh), so its suites do not run', () =>
    undefined);
