import { afterAll, beforeAll } from 'vitest';
import { EtcdKeySpace } from '../../../src/backends/etcd/etcd-key-space.js';
import { appendContract } from '../../support/append-contract.js';
import { keyedStoreContracts } from '../../support/keyed-store-contracts.js';
import { type EtcdServer, startEtcd } from '../../support/servers/etcd-server.js';
import { etcdPlace } from './etcd-place.js';

let server: EtcdServer;

beforeAll(async () => {
  server = await startEtcd();
});
afterAll(() => server.kill());

keyedStoreContracts('KeyedStore on etcd', (store) => new EtcdKeySpace(etcdPlace(server.port, { store })));
appendContract('KeyedStore on etcd', (store) => new EtcdKeySpace(etcdPlace(server.port, { store })));
