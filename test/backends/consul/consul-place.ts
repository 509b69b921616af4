import type { ConsulOptions } from '../../../src/backends/consul/consul-options.js';

/** Options for a store on a server of this machine. */
export function consulPlace(port: number, more: Partial<ConsulOptions> = {}): ConsulOptions {
  return { host: '127.0.0.1', port, datacenter: '', token: '', store: 'prod', ...more };
}
