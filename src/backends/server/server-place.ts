import { UsageError } from '../../errors.js';

/** TLS towards a server: PEM texts. Without `ca`, the authorities that Node knows are trusted. */
export interface ServerTls {
  readonly ca?: string | undefined;
  /** The certificate of this client, for servers that ask for one. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** A host and port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Writes `host:port`, with brackets around an IPv6 address. */
export function hostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Returns the name of a store if it can be part of keys on every server. Throws UsageError. */
export function checkedStoreName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return name;
  throw new UsageError(`'${name}' cannot be the name of a store`, {
    suggestions: ['Use up to 64 letters, digits, dots, hyphens and underscores'],
  });
}
