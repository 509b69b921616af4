import { describe, expect, it } from 'vitest';
import type { AccessRules } from '../../src/serve/access/access.js';
import { checkedProxyHeader } from '../../src/serve/access/access.js';
import { AccessToken } from '../../src/serve/access/access-token.js';
import { AttemptLimit } from '../../src/serve/access/attempt-limit.js';
import { checkedHostName } from '../../src/serve/access/known-hosts.js';
import { isLoopback, parseListenAddress, urlOf } from '../../src/serve/access/listen-address.js';
import { localAddress } from '../../src/serve/access/local-address.js';
import { SESSION_MS } from '../../src/serve/access/sessions.js';
import { serveApp } from '../../src/serve/app.js';
import type { ServeApp } from '../../src/serve/parts.js';
import { testAccess, testParts } from '../support/serve/serve-parts.js';

const TOKEN = 'a'.repeat(40);
const token = AccessToken.parse(`${TOKEN}\n`);
const PAGE = { accept: 'text/html' };

/** An application with one guarded route, `/api/v1/data`. */
async function appWith(rules: Partial<AccessRules>, now?: () => number): Promise<ServeApp> {
  const app = serveApp(await testParts({ access: testAccess(rules, now), ...(now && { now }) }));
  app.get('/api/v1/data', (c) => c.text('data'));
  return app;
}

const get = async (app: ServeApp, path: string, headers: Record<string, string> = {}) =>
  app.request(path, { headers: { host: '127.0.0.1:7467', ...headers } });

const form = (fields: Record<string, string>, headers: Record<string, string> = {}) => ({
  method: 'POST',
  body: new URLSearchParams(fields).toString(),
  headers: { 'content-type': 'application/x-www-form-urlencoded', host: 'kgit.example.com', ...headers },
});

/** Signs in, and returns the answer with the cookie. */
async function signIn(
  app: ServeApp,
  fields: Record<string, string> = {},
  headers: Record<string, string> = {},
) {
  const answer = await app.request('/sign-in', form({ token: TOKEN, ...fields }, headers));
  const set = answer.headers.get('set-cookie') ?? '';
  return { answer, set, cookie: set.split(';')[0] ?? '' };
}

describe('the address to listen on', () => {
  it.each([
    ['127.0.0.1:7467', '127.0.0.1', 7467, true, 'http://127.0.0.1:7467/'],
    ['localhost:0', 'localhost', 0, true, 'http://localhost:0/'],
    ['[::1]:80', '::1', 80, true, 'http://[::1]/'],
    ['[::ffff:127.0.0.1]:1', '::ffff:127.0.0.1', 1, true, 'http://[::ffff:7f00:1]:1/'],
    ['127.8.8.8:7467', '127.8.8.8', 7467, true, 'http://127.8.8.8:7467/'],
    ['0.0.0.0:7467', '0.0.0.0', 7467, false, 'http://0.0.0.0:7467/'],
    ['[::]:7467', '::', 7467, false, 'http://[::]:7467/'],
    ['10.1.2.3:443', '10.1.2.3', 443, false, 'http://10.1.2.3:443/'],
  ])('%s', (text, host, port, loopback, url) => {
    const address = parseListenAddress(text);
    expect([address, isLoopback(host), urlOf(address, 'http')]).toEqual([{ host, port }, loopback, url]);
  });

  it.each(['7467', ':7467', '127.0.0.1', '127.0.0.1:65536', '::1:7467', '[::1]', 'kgit.example.com:80', ''])(
    '%j is none',
    (text) => expect(() => parseListenAddress(text)).toThrow(/is not an address and a port/),
  );
});

describe('without a token', () => {
  it.each([
    ['127.0.0.1:7467', 200],
    ['127.0.0.1', 200],
    ['localhost:1', 200],
    ['LOCALHOST.', 200],
    ['[::1]:7467', 200],
    ['10.9.8.7:7467', 200],
    ['kgit.example.com', 200],
    ['evil.example.com', 421],
    ['127.0.0.1.evil.example.com', 421],
    ['localhost.evil.example.com:7467', 421],
    ['evil.example.com@127.0.0.1', 421],
    ['localhost:7467:80', 421],
    ['[localhost]', 421],
    ['0x7f.1', 421],
    ['', 421],
  ])('Host: %s is answered with %i', async (host, status) => {
    const app = await appWith({ allowedHosts: ['KGIT.example.com'] });
    expect((await get(app, '/api/v1/data', { host })).status).toBe(status);
  });

  it('knows names of hosts alone', () => {
    expect(checkedHostName('Kgit.Example.com')).toBe('kgit.example.com');
    for (const text of ['http://a', 'a:80', 'a/b', '*.example.com', '', 'a..b', '-a'])
      expect(() => checkedHostName(text)).toThrow(/is not a host name/);
  });

  it('has no sign-in', async () => {
    const app = await appWith({});
    expect((await get(app, '/sign-in')).status).toBe(404);
    expect((await app.request('/sign-in', form({ token: TOKEN }, { host: 'localhost' }))).status).toBe(404);
  });

  it('refuses what pages of other sites have a browser ask for, but not their links', async () => {
    const app = await appWith({});
    const status = async (site: string, mode: string, dest: string) =>
      (
        await get(app, '/api/v1/data', {
          'sec-fetch-site': site,
          'sec-fetch-mode': mode,
          'sec-fetch-dest': dest,
        })
      ).status;
    expect(await status('same-origin', 'cors', 'empty')).toBe(200);
    expect(await status('none', 'navigate', 'document')).toBe(200);
    expect(await status('cross-site', 'navigate', 'document')).toBe(200);
    expect(await status('cross-site', 'no-cors', 'image')).toBe(403);
    expect(await status('same-site', 'cors', 'empty')).toBe(403);
    expect(await status('cross-site', 'navigate', 'iframe')).toBe(403);
  });

  it('takes GET and HEAD alone, and answers no preflight request', async () => {
    const app = await appWith({});
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY']) {
      const answer = await app.request('/api/v1/data', {
        method,
        headers: { host: 'localhost', origin: 'https://evil.example.com' },
      });
      expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, 'GET, HEAD']);
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
    const head = await app.request('/api/v1/data', { method: 'HEAD', headers: { host: 'localhost' } });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await get(app, `/api/v1/data?${'a'.repeat(8200)}`)).status).toBe(414);
  });
});

describe('with a token', () => {
  it('lets its bearer in under any name, and nobody else', async () => {
    const app = await appWith({ token: () => token });
    const bearer = async (text: string) =>
      (await get(app, '/api/v1/data', { host: 'kgit.example.com', authorization: text })).status;
    expect(await bearer(`Bearer ${TOKEN}`)).toBe(200);
    expect(await bearer(`bearer  ${TOKEN}`)).toBe(200);
    for (const text of [
      '',
      'Bearer',
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(1)}`,
      `Basic ${TOKEN}`,
      TOKEN,
    ])
      expect(await bearer(text)).toBe(401);
    const refused = await get(app, '/api/v1/data');
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="kgit"');
    expect(await refused.json()).toMatchObject({ kind: 'Error', error: { message: 'this needs a token' } });
    for (const path of ['/', '/metrics', '/api/v1/stream', '/none'])
      expect((await get(app, path)).status).toBe(401);
    for (const path of ['/healthz', '/readyz']) expect((await get(app, path)).status).toBe(200);
  });

  it('is long, and alone in its file', () => {
    expect(AccessToken.parse(`${TOKEN}\r\n`).matches(TOKEN)).toBe(true);
    for (const text of ['', 'short', 'a'.repeat(31), `${TOKEN}\n${TOKEN}`, `${TOKEN} `, `${'a'.repeat(40)}é`])
      expect(() => AccessToken.parse(text)).toThrow(/a token has at least 32 characters/);
  });

  it('sends a browser to the sign-in, and from there to where it wanted to go', async () => {
    const app = await appWith({ token: () => token });
    const sent = await get(app, '/clusters?q=a%26b', PAGE);
    expect([sent.status, sent.headers.get('location')]).toEqual([
      303,
      '/sign-in?next=%2Fclusters%3Fq%3Da%2526b',
    ]);
    const page = await (await get(app, sent.headers.get('location') ?? '')).text();
    expect(page).toContain('name="next" value="/clusters?q=a%26b"');
    expect(page).not.toMatch(/<script|style=|<style/);
    const { answer, set, cookie } = await signIn(app, { next: '/clusters?q=a%26b' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/clusters?q=a%26b']);
    expect(set).toMatch(/^kgit-session=[^;]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(set).not.toContain(TOKEN);
    expect((await get(app, '/api/v1/data', { cookie, host: 'kgit.example.com' })).status).toBe(200);
  });

  it.each([
    'https://evil.example.com/',
    '//evil.example.com',
    '/\\evil.example.com',
    '/\t/evil.example.com',
    '\\\\evil',
    'javascript:alert(1)',
    '/a/..//evil.example.com',
  ])('leads to no other site: %j', async (next) => {
    const app = await appWith({ token: () => token });
    const { answer } = await signIn(app, { next });
    expect(answer.headers.get('location')).toMatch(/^\/([^/\\]|$)/);
    expect(new URL(answer.headers.get('location') ?? '', 'http://here').origin).toBe('http://here');
    expect(localAddress(next)).toMatch(/^\/([^/\\]|$)/);
  });

  it('opens an address of a link again, so that the browser sends the strict cookie', async () => {
    const app = await appWith({ token: () => token });
    const link = {
      ...PAGE,
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    const again = await get(app, '/timeline?q="><script>x', link);
    expect([again.status, again.headers.get('location')]).toEqual([200, null]);
    const text = await again.text();
    expect(text).toContain('content="0; url=/timeline?q=%22%3E%3Cscript%3Ex"');
    expect(text).not.toContain('<script');
    const elsewhere = await get(app, '//evil.example.com/a', link);
    expect(await elsewhere.text()).toContain('content="0; url=/"');
  });

  it('keeps a cookie from other hosts where the connection is encrypted', async () => {
    const app = await appWith({ token: () => token });
    const { set, cookie } = await signIn(app, {}, { 'x-forwarded-proto': 'https, http' });
    expect(set).toMatch(
      /^__Host-kgit-session=[^;]+; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    const encrypted = { cookie, 'x-forwarded-proto': 'https' };
    expect((await get(app, '/api/v1/data', encrypted)).status).toBe(200);
    // A cookie without the prefix can be set by a neighbour.
    const plain = cookie.replace('__Host-', '');
    expect((await get(app, '/api/v1/data', { ...encrypted, cookie: plain })).status).toBe(401);
  });

  it('ends a session by sign-out, by time, and with the token', async () => {
    let now = Date.now();
    let current = token;
    const app = await appWith({ token: () => current }, () => now);
    const status = async (cookie: string) => (await get(app, '/api/v1/data', { cookie })).status;
    const first = (await signIn(app)).cookie;
    const second = (await signIn(app)).cookie;
    expect([await status(first), await status(second)]).toEqual([200, 200]);
    const out = await app.request('/sign-out', form({}, { cookie: first }));
    expect([out.status, out.headers.get('location')]).toEqual([303, '/sign-in']);
    expect(out.headers.get('set-cookie')).toMatch(/^kgit-session=; Max-Age=0;/);
    expect([await status(first), await status(second)]).toEqual([401, 200]);
    now += SESSION_MS;
    expect(await status(second)).toBe(401);
    const third = (await signIn(app)).cookie;
    expect(await status(third)).toBe(200);
    current = AccessToken.parse('b'.repeat(40));
    expect(await status(third)).toBe(401);
    for (const forged of [
      `${third}x`,
      third.replace(/=[^.]*/, `=${'A'.repeat(22)}`),
      'kgit-session=',
      'kgit-session=a.1.b',
    ])
      expect(await status(forged)).toBe(401);
  });

  it('takes no form of another site, no large one, and no wrong token', async () => {
    const app = await appWith({ token: () => token });
    const foreign = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect((await signIn(app, {}, foreign)).answer.status).toBe(403);
    expect((await app.request('/sign-out', form({}, foreign))).status).toBe(403);
    expect((await signIn(app, { token: 'a'.repeat(20_000) })).answer.status).toBe(413);
    const wrong = await signIn(app, { token: 'b'.repeat(40), next: '/"><b>' });
    expect([wrong.answer.status, wrong.set]).toEqual([401, '']);
    const text = await wrong.answer.text();
    expect(text).toContain('This is not the token.');
    expect(text).not.toMatch(/<b>|b{40}/);
  });

  it('limits how often an address may try', async () => {
    let now = 0;
    const app = await appWith({ token: () => token }, () => now);
    const tries: number[] = [];
    for (let n = 0; n < 12; n += 1) tries.push((await signIn(app, { token: `wrong-${n}` })).answer.status);
    expect(tries).toEqual([...Array(10).fill(401), 429, 429]);
    const refused = await signIn(app);
    expect([refused.answer.status, refused.set, refused.answer.headers.get('retry-after')]).toEqual([
      429,
      '',
      '6',
    ]);
    now += 6_000;
    expect((await signIn(app)).answer.status).toBe(303);
  });
});

describe('the limit of attempts', () => {
  it('counts a network of IPv6 as one, and others apart', () => {
    const limit = new AttemptLimit(() => 0);
    for (let n = 0; n < 10; n += 1) expect(limit.take(`2001:db8::${n}`)).toBe(0);
    expect(limit.take('2001:db8:0:0:ffff::1')).toBe(6_000);
    expect(limit.take('2001:db8:0:1::1')).toBe(0);
    expect(limit.take('::ffff:10.0.0.1')).toBe(0);
  });
});

describe('behind a proxy', () => {
  it('lets in whom the proxy names, under known names', async () => {
    const app = await appWith({ proxyHeader: 'x-auth-request-user', allowedHosts: ['kgit.example.com'] });
    const status = async (headers: Record<string, string>) =>
      (await get(app, '/api/v1/data', headers)).status;
    const host = 'kgit.example.com';
    expect(await status({ host, 'x-auth-request-user': 'ada' })).toBe(200);
    expect(await status({ host, 'x-auth-request-user': ' ' })).toBe(401);
    expect(await status({ host })).toBe(401);
    // A page that had its name resolve to this server can send any header.
    expect(await status({ host: 'evil.example.com', 'x-auth-request-user': 'ada' })).toBe(421);
    expect(await (await get(app, '/', PAGE)).text()).toContain('comes through its proxy');
  });

  it('takes a token beside it', async () => {
    const app = await appWith({ proxyHeader: 'remote-user', token: () => token });
    expect((await get(app, '/api/v1/data', { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
    expect((await get(app, '/api/v1/data', { 'remote-user': 'ada' })).status).toBe(200);
    expect((await get(app, '/api/v1/data')).status).toBe(401);
  });

  it('trusts no header that clients send anyway', () => {
    expect(checkedProxyHeader('X-Auth-Request-User')).toBe('x-auth-request-user');
    for (const name of [
      'Host',
      'accept',
      'Accept-Language',
      'Sec-Fetch-Site',
      'X-Forwarded-For',
      'cookie',
      'a b',
      '',
    ])
      expect(() => checkedProxyHeader(name)).toThrow(/cannot name a user/);
  });
});
