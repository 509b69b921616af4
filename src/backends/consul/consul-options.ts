import { type HostPort, hostPort, type ServerTls } from '../server/server-place.js';

/** Where a store is on a Consul agent or server, and how to log in. Values, not files: secrets are read elsewhere. */
export interface ConsulOptions extends HostPort {
  /** '' for the datacenter of the agent. */
  readonly datacenter: string;
  /** ACL token; '' for none. */
  readonly token: string;
  /** Undefined for plain HTTP. */
  readonly tls?: ServerTls | undefined;
  readonly store: string;
}

/** Returns the URL that names the store, without the token. */
export function consulTarget({ tls, datacenter, store, ...place }: ConsulOptions): string {
  const path = datacenter === '' ? '' : `/${datacenter}`;
  return `consul${tls ? 's' : ''}://${hostPort(place)}${path}#${store}`;
}
