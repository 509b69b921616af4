import { type HostPort, hostPort, type ServerTls } from '../server/server-place.js';

/** Where a store is on a Redis or Valkey server, and how to log in. Values, not files: secrets are read elsewhere. */
export interface RedisOptions extends HostPort {
  /** Number of the database. */
  readonly database: number;
  /** '' for the default user. */
  readonly username: string;
  /** '' for none. */
  readonly password: string;
  /** Undefined for a connection without TLS. */
  readonly tls?: ServerTls | undefined;
  /** Sentinels that know the master; empty to connect to `host` and `port`. */
  readonly sentinels: readonly HostPort[];
  /** Name of the master, for sentinels. */
  readonly master: string;
  /** Of the sentinels themselves; '' for none. */
  readonly sentinelUsername?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  /** How many replicas must have a write before it counts. */
  readonly waitReplicas: number;
  /** `required` refuses writes to a server that can lose acknowledged ones; `none` accepts that. */
  readonly durability: 'required' | 'none';
  readonly store: string;
}

/** Returns the servers of these options, for messages and targets. */
export function redisPlace({ host, port, sentinels, master }: RedisOptions): string {
  return sentinels.length > 0 ? `${sentinels.map(hostPort).join(',')}/${master}` : hostPort({ host, port });
}

/** Returns the URL that names the store, without user and password. */
export function redisTarget(options: RedisOptions): string {
  const scheme = `redis${options.tls ? 's' : ''}${options.sentinels.length > 0 ? '+sentinel' : ''}`;
  return `${scheme}://${redisPlace(options)}/${options.database}#${options.store}`;
}
