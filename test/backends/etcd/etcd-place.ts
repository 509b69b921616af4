import type { EtcdOptions } from '../../../src/backends/etcd/etcd-options.js';

/** Options for a store on a server of this machine. */
export function etcdPlace(port: number, more: Partial<EtcdOptions> = {}): EtcdOptions {
  const endpoints = [{ host: '127.0.0.1', port }];
  return { endpoints, username: '', password: '', store: 'prod', ...more };
}
