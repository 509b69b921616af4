import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { UsageError } from '../../errors.js';
import type { ServeEnv } from '../parts.js';
import type { AccessToken } from './access-token.js';
import { KnownHosts } from './known-hosts.js';
import { Sessions } from './sessions.js';

/** Headers that browsers and HTTP itself send: none can say that a proxy has let a user in. */
const COMMON_HEADERS =
  /^(accept.*|authorization|connection|content-.*|cookie|date|dnt|expect|forwarded|from|host|if-.*|keep-alive|origin|pragma|cache-control|priority|range|referer|sec-.*|te|trailer|transfer-encoding|upgrade.*|user-agent|via|x-forwarded-(for|host|port|proto|server)|x-real-ip|x-request-id)$/;

/** Who may ask. */
export interface AccessRules {
  /** The token as it is now; null if there is none. */
  readonly token: (() => AccessToken) | null;
  /** Header with the user, from a proxy that has let the user in and sets it in every request; null if there is none. */
  readonly proxyHeader: string | null;
  /** Names by which users reach the server, beside `localhost` and addresses. */
  readonly allowedHosts: readonly string[];
}

/** Why a request is let in: nothing is asked for, or what it brought. */
export type Grant = 'open' | 'token' | 'session' | 'proxy';

/** Returns the name of a trusted header in lower case. Throws UsageError. */
export function checkedProxyHeader(text: string): string {
  const name = text.toLowerCase();
  if (/^[a-z0-9-]{1,64}$/.test(name) && !COMMON_HEADERS.test(name)) return name;
  throw new UsageError(`--trusted-proxy-header ${JSON.stringify(text.slice(0, 80))} cannot name a user`, {
    suggestions: ['Name the header that your proxy sets after a sign-in, such as X-Auth-Request-User'],
    data: { flag: 'trusted-proxy-header' },
  });
}

/** Decides which requests are let in. */
export class Access {
  readonly #rules: AccessRules;
  /** Null without a token. */
  readonly sessions: Sessions | null;
  readonly #hosts: KnownHosts;

  /** @param now ms since the epoch */
  constructor(rules: AccessRules, now: () => number) {
    this.#rules = rules;
    const { token } = rules;
    this.sessions = token && new Sessions(() => token().sessionKey, now);
    this.#hosts = new KnownHosts(rules.allowedHosts);
  }

  /** The token as it is now; null if there is none. */
  get token(): AccessToken | null {
    return this.#rules.token?.() ?? null;
  }

  /** Returns why a request is let in; null if it is not. */
  grantOf(c: Context<ServeEnv>): Grant | null {
    const { proxyHeader } = this.#rules;
    const { token } = this;
    const [, bearer] = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
    if (token && bearer !== undefined && token.matches(bearer)) return 'token';
    const proof = sessionCookie(c);
    if (this.sessions && proof !== undefined && this.sessions.isValid(proof)) return 'session';
    if (proxyHeader !== null && (c.req.header(proxyHeader) ?? '').trim() !== '') return 'proxy';
    return token || proxyHeader !== null ? null : 'open';
  }

  /**
   * Whether the `Host` of a request may be another site's. A token and a session are known to nobody there; any page can
   * send no token at all, or a proxy's header.
   */
  isRebound(c: Context<ServeEnv>, grant: Grant): boolean {
    const host = c.req.header('host') ?? new URL(c.req.url).host;
    return (grant === 'open' || grant === 'proxy') && !this.#hosts.knows(host);
  }
}

/** Whether the client's connection is encrypted, here or by a proxy. A client that lies about it harms itself alone. */
export function isEncrypted(c: Context<ServeEnv>): boolean {
  // Of several proxies, the first one is the one that the client talks to.
  const [scheme] = (c.req.header('x-forwarded-proto') ?? '').split(',');
  return c.req.url.startsWith('https:') || scheme?.trim().toLowerCase() === 'https';
}

export const COOKIE = 'kgit-session';

/** The proof of a sign-in that a request brought. */
export function sessionCookie(c: Context<ServeEnv>): string | undefined {
  return isEncrypted(c) ? getCookie(c, COOKIE, 'host') : getCookie(c, COOKIE);
}
