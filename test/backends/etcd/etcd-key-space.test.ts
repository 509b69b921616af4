import { afterAll, beforeAll } from 'vitest';
import { EtcdKeySpace } from '../../../src/backends/etcd/etcd-key-space.js';
import { keySpaceContract } from '../../support/key-space-contract.js';
import { type EtcdServer, startEtcd } from '../../support/servers/etcd-server.js';
import { etcdPlace } from './etcd-place.js';

let server: EtcdServer;
let stores = 0;

beforeAll(async () => {
  server = await startEtcd();
});
afterAll(() => server.kill());

keySpaceContract('etcd', {
  open: async () => {
    stores += 1;
    return new EtcdKeySpace(etcdPlace(server.port, { store: `s${stores}` }));
  },
  another: async () => new EtcdKeySpace(etcdPlace(server.port, { store: `s${stores}` })),
});
