import { UsageError } from '../../errors.js';

/** What an address of a server names: `redis://ada@host:6379/0#prod`. Undefined where it leaves a part out. */
export interface ServerAddress {
  readonly scheme: string;
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** The path without its first slash. */
  readonly path: string | undefined;
  readonly username: string | undefined;
  /** Name of the store, after `#`. */
  readonly store: string | undefined;
}

function invalid(place: string, why: string, example: string): UsageError {
  // A password in the address would be repeated by the message.
  const shown = place.replace(/\/\/[^/]*@/, '//…@').slice(0, 120);
  return new UsageError(`${JSON.stringify(shown)} ${why}`, { suggestions: [`Write it as ${example}`] });
}

/**
 * Parses the address of a server. Throws UsageError for one that is invalid or holds a password, which `ps` and the
 * history of the shell would show.
 * @param example a valid address, for the message
 */
export function parseServerAddress(place: string, example: string): ServerAddress {
  let url: URL;
  try {
    url = new URL(place);
  } catch {
    throw invalid(place, 'is not an address of a server', example);
  }
  if (url.password !== '')
    throw new UsageError('the address holds a password, which other users of this machine can see', {
      suggestions: ['Leave it out, and set a variable or password_file: see docs/settings.md'],
    });
  if (url.search !== '') throw invalid(place, 'has a query, which kgit does not use', example);
  const part = (text: string) => {
    if (text === '') return undefined;
    try {
      return decodeURIComponent(text);
    } catch {
      throw invalid(place, 'has a broken percent escape', example);
    }
  };
  return {
    scheme: url.protocol.slice(0, -1),
    host: part(url.hostname.replace(/^\[(.*)\]$/, '$1')),
    port: url.port === '' ? undefined : Number(url.port),
    path: part(url.pathname.replace(/^\//, '')),
    username: part(url.username),
    store: part(url.hash.slice(1)),
  };
}

/** Splits `HOST:PORT`, with brackets around an IPv6 address; undefined if it is neither. */
export function parseHostPort(text: string, port: number): { host: string; port: number } | undefined {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^\s:/?#@[\]]+))(?::(\d{1,5}))?$/i.exec(text);
  const host = found?.[1] ?? found?.[2];
  const given = found?.[3] === undefined ? port : Number(found[3]);
  return host === undefined || given < 1 || given > 65_535 ? undefined : { host, port: given };
}

/** Longest name of a store, in characters. */
const STORE = /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/;

/** Whether a text can name a store: it becomes part of every key. */
export function isStoreName(name: string): boolean {
  return STORE.test(name);
}
