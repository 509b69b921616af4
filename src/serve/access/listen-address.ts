import { BlockList, isIP } from 'node:net';
import { UsageError } from '../../errors.js';

/** Where the server listens. */
export interface ListenAddress {
  /** `localhost` or an IP address. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether an address can be reached from this machine alone. */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  return host === 'localhost' || (version !== 0 && LOOPBACK.check(host, version === 4 ? 'ipv4' : 'ipv6'));
}

/** Parses `HOST:PORT`, with an IPv6 address in brackets. Throws UsageError. */
export function parseListenAddress(text: string): ListenAddress {
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = (bracketed ?? plain ?? '').toLowerCase();
  const isAddress = bracketed === undefined ? isIP(host) === 4 || host === 'localhost' : isIP(host) === 6;
  const port = Number(digits);
  if (digits !== '' && isAddress && port < 65_536) return { host, port };
  throw new UsageError(`--listen ${JSON.stringify(text.slice(0, 80))} is not an address and a port`, {
    suggestions: ['For example: 127.0.0.1:7467, [::1]:7467, 0.0.0.0:7467'],
    data: { flag: 'listen' },
  });
}

/** Formats the URL of an address; the port is left out if it is the scheme's own. */
export function urlOf({ host, port }: ListenAddress, scheme: 'http' | 'https'): string {
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return new URL(`${scheme}://${name}:${port}/`).href;
}
