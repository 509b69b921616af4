import { type HostPort, hostPort, type ServerTls } from '../server/server-place.js';

/** Where a store is on an etcd cluster, and how to log in. Values, not files: secrets are read elsewhere. */
export interface EtcdOptions {
  /** Tried in order; at least one. */
  readonly endpoints: readonly HostPort[];
  /** '' for none: also for users who are named by their client certificates. */
  readonly username: string;
  readonly password: string;
  /** Undefined for a connection without TLS. */
  readonly tls?: ServerTls | undefined;
  readonly store: string;
}

/** Returns the endpoints, for messages and targets. */
export function etcdPlace({ endpoints }: EtcdOptions): string {
  return endpoints.map(hostPort).join(',');
}

/** Returns the URL that names the store, without user and password. */
export function etcdTarget(options: EtcdOptions): string {
  return `etcd${options.tls ? 's' : ''}://${etcdPlace(options)}#${options.store}`;
}
