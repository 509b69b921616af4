import { isIP } from 'node:net';
import { UsageError } from '../../errors.js';

const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

/** Throws UsageError for what is no host name. */
export function checkedHostName(text: string): string {
  const name = text.toLowerCase();
  if (NAME.test(name)) return name;
  throw new UsageError(`--allowed-host ${JSON.stringify(text.slice(0, 80))} is not a host name`, {
    suggestions: ['Give the name alone, without scheme and port: kgit.example.com'],
    data: { flag: 'allowed-host' },
  });
}

/**
 * Names in the `Host` header that belong to this server. A page of another site can have its own name resolve to the
 * address of this server (DNS rebinding), and is then of the same origin: only the name in `Host` tells. An address is no
 * name that somebody could let resolve elsewhere, so every address is known.
 */
export class KnownHosts {
  readonly #names: ReadonlySet<string>;

  constructor(allowed: readonly string[]) {
    this.#names = new Set(['localhost', ...allowed.map(checkedHostName)]);
  }

  /** @param header value of the `Host` header */
  knows(header: string): boolean {
    const [, bracketed, plain = ''] = /^(?:\[([^\]]*)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(header) ?? [];
    if (bracketed !== undefined) return isIP(bracketed) === 6;
    const name = plain.toLowerCase().replace(/\.$/, '');
    return isIP(name) === 4 || this.#names.has(name);
  }
}
