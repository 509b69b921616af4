import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KgitError } from '../../src/errors.js';
import { forgeAddress } from '../../src/forge/forge-address.js';
import { apiRoot, forgeApi } from '../../src/forge/forge-api.js';
import type { ForgeKind } from '../../src/forge/forge-kind.js';
import { apiAddress } from '../../src/forge/forge-kind.js';
import { openForge } from '../../src/forge/open-forge.js';
import { answer, type Dialect, type Recorded } from '../support/forge/dialects.js';
import { realClock } from '../support/git-fixtures.js';
import { PATIENCE_MS } from '../support/patience.js';

const TOKEN = 'right-token-of-the-test';
let server: Server;
let origin: string;
let proposals: Recorded[];
let seen: { host: string; authorization: string | undefined; url: string }[];
let fault: { status: number; headers?: Record<string, string>; body?: string; times?: number } | null;
let dialect: Dialect;

beforeEach(async () => {
  proposals = [];
  seen = [];
  fault = null;
  server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    seen.push({ host: headers.host ?? '', authorization: headers.authorization, url });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (fault && (fault.times ?? 99) > 0) {
      if (fault.times !== undefined) fault.times -= 1;
      response.writeHead(fault.status, fault.headers ?? {}).end(fault.body ?? '');
      return;
    }
    const body = chunks.length === 0 ? null : JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const { status, json } = answer(dialect, { method, url, body, owner: 'team', proposals });
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** The API of this dialect, whose requests to forge.example go to the server of the test. */
function open(kind: ForgeKind, deadline = Date.now() + PATIENCE_MS) {
  dialect = kind === 'forgejo' ? 'gitea' : kind;
  const here: typeof fetch = (url, init) => fetch(String(url).replace('https://forge.example', origin), init);
  const access = { fetch: here, clock: realClock, token: TOKEN, deadline };
  return openForge(kind, { root: apiRoot(kind, 'forge.example'), path: 'team/state' }, access);
}

/** What a token needs, as each forge calls it. */
const PERMISSIONS = {
  github: /pull-requests: write/,
  gitlab: /scope 'api'/,
  gitea: /write:repository/,
  forgejo: /write:repository/,
};

describe.each(['github', 'gitlab', 'gitea', 'forgejo'] as const)('the API of %s', (kind) => {
  const proposal = { head: 'kgit/propose/ada/dep-a', base: 'main', title: 'T', body: 'B' };

  it('opens, finds and changes requests to merge; the newest open one before closed ones', async () => {
    const forge = open(kind);
    expect(await forge.find(proposal.head, 'main')).toBeNull();
    const first = await forge.create(proposal);
    expect(first).toEqual({
      number: 1,
      url: 'https://forge.example/requests/1',
      isOpen: true,
      tip: null,
      title: 'T',
      body: 'B',
    });
    Object.assign(proposals[0] as Recorded, { state: 'closed', tip: 'f'.repeat(40) });
    const closed = { number: 1, isOpen: false, tip: 'f'.repeat(40) };
    expect(await forge.find(proposal.head, 'main')).toMatchObject(closed);
    await forge.create(proposal);
    expect(await forge.find(proposal.head, 'main')).toMatchObject({ number: 2, isOpen: true });
    expect(await forge.find('kgit/propose/ada/dep', 'main')).toBeNull();
    expect(await forge.update(2, { body: 'new' })).toMatchObject({ title: 'T', body: 'new' });
    expect(await forge.update(2, { title: 'U' })).toMatchObject({ title: 'U', body: 'new' });
    await expect(forge.create(proposal)).rejects.toMatchObject({
      code: 'REFUSED',
      message: /already exists/,
    });
  });

  const allowed = PERMISSIONS[kind];
  it.each([
    [401, {}, 'REMOTE', 'unauthorized', /does not know the token/, /valid still: KGIT_TOKEN/],
    [403, {}, 'REMOTE', 'forbidden', /does not let the token/, allowed],
    [404, {}, 'REMOTE', 'not-found', /no such repository/, allowed],
    [500, {}, 'REMOTE', 'server-error', /a failure of its own/, /again later/],
    [409, {}, 'REFUSED', undefined, /refuses it \(409\) \(no, \*\*\*\)/, /by hand, in the browser/],
    [422, {}, 'REFUSED', undefined, /refuses it \(422\)/, /by hand, in the browser/],
    [429, { 'retry-after': '3600' }, 'REMOTE', 'rate-limit', /takes more in 3600 s/, /again in 3600 s/],
    [
      ...([403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999999' }] as const),
      ...(['REMOTE', 'rate-limit', /too many/, /again in \d+ s/] as const),
    ],
    [200, {}, 'REMOTE', 'transport', /something else/, /propose.forge/],
  ])(
    'tells a %d %j as what it is, and what to do, without the token',
    async (status, headers, code, cause, message, advice) => {
      fault = { status, headers, body: `{"message": "no, ${TOKEN}"}` };
      const error = await open(kind)
        .find('a', 'main')
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code, message });
      const { data, suggestions } = error as KgitError;
      expect(data['cause']).toBe(cause);
      expect(String(data['forge']).toLowerCase()).toBe(kind);
      expect(suggestions).toEqual([expect.stringMatching(advice)]);
      expect(JSON.stringify(error) + String(error)).not.toContain(TOKEN);
    },
  );

  it('waits as long as it is asked to, where that is short', async () => {
    fault = { status: 429, headers: { 'retry-after': '0' }, times: 2 };
    expect(await open(kind).find('a', 'main')).toBeNull();
  });

  it('is unreachable where nothing answers, and where the answer is no JSON', async () => {
    fault = { status: 200, body: '<html>' };
    await expect(open(kind).find('a', 'main')).rejects.toMatchObject({ code: 'REMOTE', message: /no JSON/ });
    server.closeAllConnections();
    server.close();
    await expect(open(kind).find('a', 'main')).rejects.toMatchObject({ data: { cause: 'network' } });
  });

  it.each([301, 307, 308])(
    'opens a request where a repository that was renamed is now (%d)',
    async (status) => {
      fault = { status, headers: { location: '?moved' }, times: 1 };
      expect(await open(kind).create(proposal)).toMatchObject({ number: 1, isOpen: true });
      expect(seen).toHaveLength(2);
      expect(seen[1]?.url).toMatch(/\?moved$/);
    },
  );

  it('follows a redirect within the host alone, and with a request that writes no other than to its new place', async () => {
    const forge = open(kind);
    fault = { status: 301, headers: { location: 'https://evil.example/api' } };
    await expect(forge.find('a', 'main')).rejects.toMatchObject({
      message: /another place \(evil.example\)/,
    });
    expect(seen).toHaveLength(1);
    fault = { status: 302, headers: { location: '/elsewhere' } };
    await expect(forge.create(proposal)).rejects.toMatchObject({ data: { cause: 'redirect' } });
    expect(seen).toHaveLength(2);
    fault = { status: 303, headers: { location: '/elsewhere' } };
    await expect(forge.create(proposal)).rejects.toMatchObject({ data: { cause: 'redirect' } });
    fault = { status: 301, headers: { location: '/api/again' } };
    await expect(forge.find('a', 'main')).rejects.toMatchObject({ data: { cause: 'redirect' } });
    expect(seen.map(({ authorization }) => authorization?.replace(/^(Bearer|token) /, ''))).toEqual(
      seen.map(() => TOKEN),
    );
    expect(seen.at(-1)?.url).toBe('/api/again');
  });
});

it.each([
  ['https://github.com/team/state.git', 'github.com', 'team/state'],
  ['https://user:secret@git.example.com:8443/a/b/c.git/', 'git.example.com:8443', 'a/b/c'],
  ['ssh://git@git.example.com:2222/team/state.git', 'git.example.com', 'team/state'],
  ['git@gitlab.com:group/sub/state.git', 'gitlab.com', 'group/sub/state'],
])('reads the address %s', (url, host, path) => {
  expect(forgeAddress(url)).toEqual({ host, path, mayBeAlias: !url.startsWith('https:') });
});

it.each([
  '/srv/git/state.git',
  'http://git.example.com/a/b',
  'https://host/only',
  'https://host/a/../b',
  'git@host:a',
])('takes %s for no address of a forge', (url) => expect(forgeAddress(url)).toBeNull());

/** The API for a remote's URL: kind, address, host of the token; or why it is not known. */
function api(url: string, environment: Record<string, string> = {}, forge?: 'gitlab', apiUrl?: string) {
  const address = forgeAddress(url);
  if (address === null) throw new Error(url);
  const found = forgeApi(address, { proposeForge: forge, proposeApiUrl: apiUrl }, environment);
  return 'unknown' in found ? found.unknown : `${found.kind} ${found.root} ${found.tokenHost}`;
}

describe('the API of a forge', () => {
  const github = { GITHUB_SERVER_URL: 'https://git.example.com' };
  const gitlab = { CI_SERVER_HOST: 'git.example.com' };

  it.each<[what: string, expected: string, ...Parameters<typeof api>]>([
    ['github.com', 'github https://api.github.com github.com', 'https://github.com/t/s'],
    ['github.com by ssh', 'github https://api.github.com github.com', 'git@github.com:t/s'],
    ['its port for ssh', 'github https://api.github.com github.com', 'ssh://git@ssh.github.com:443/t/s'],
    ['gitlab.com by ssh', 'gitlab https://gitlab.com/api/v4 gitlab.com', 'git@gitlab.com:t/s'],
    ['codeberg.org by ssh', 'forgejo https://codeberg.org/api/v1 codeberg.org', 'git@codeberg.org:t/s'],
    [
      'a host by its name',
      'gitlab https://gitlab.acme.io/api/v4 gitlab.acme.io',
      'https://gitlab.acme.io/t/s',
    ],
    [
      "of one's own",
      'gitea https://gitea.acme.io:8443/api/v1 gitea.acme.io:8443',
      'https://gitea.acme.io:8443/t/s',
    ],
    [
      'GitHub Actions',
      'github https://git.example.com/api/v3 git.example.com',
      'git@git.example.com:t/s',
      github,
    ],
    [
      'Gitea Actions',
      'gitea https://git.example.com/sub/api/v1 git.example.com',
      'https://git.example.com/t/s',
      { ...github, GITEA_ACTIONS: 'true', GITHUB_API_URL: 'https://git.example.com/sub/api/v1' },
    ],
    [
      'Forgejo Actions',
      'forgejo https://git.example.com/api/v1 git.example.com',
      'https://git.example.com/t/s',
      { ...github, GITEA_ACTIONS: 'true', FORGEJO_ACTIONS: 'true' },
    ],
    [
      'GitLab CI',
      'gitlab https://git.example.com:8443/api/v4 git.example.com:8443',
      'https://git.example.com:8443/t/s',
      gitlab,
    ],
    [
      'GitLab CI by ssh',
      'gitlab https://git.example.com/api/v4 git.example.com',
      'git@git.example.com:t/s',
      gitlab,
    ],
    ['the setting', 'gitlab https://h/api/v4 h', 'work:t/s', {}, undefined, 'https://h/api/v4'],
    [
      'the setting, of GitHub',
      'github https://api.github.com github.com',
      'w:t/s',
      {},
      undefined,
      'https://api.github.com',
    ],
    ['both settings', 'gitlab https://h/sub h', 'work:t/s', {}, 'gitlab', 'https://h/sub'],
  ])('%s', (_, expected, ...args) => expect(api(...args)).toBe(expected));

  it.each<[what: string, ...Parameters<typeof api>]>([
    ['an alias', 'work:t/s'],
    ['an alias that looks like a forge', 'github-work:t/s'],
    ['an alias that looks like a host', 'git@gitlab.acme.io:t/s'],
    ['an alias of ssh://', 'ssh://github.work/t/s'],
    ['an alias, and the kind of forge', 'work:t/s', {}, 'gitlab'],
    ['an alias in CI of another host', 'work:t/s', github],
  ])('is not guessed from %s: the setting is asked for', (_, ...args) =>
    expect(api(...args)).toContain('KGIT_PROPOSE_API_URL'),
  );

  it('of a host that says nothing needs the kind', () =>
    expect(api('https://git.example.com/t/s')).toContain('propose.forge'));
});

it.each(['http://h/api/v4', 'h/api', 'https://user:pw@h/api', 'https://h/api?x=1', 'ftp://h/', '', 7])(
  'takes %s for no address of an API',
  (text) => expect(apiAddress(text)).toBeUndefined(),
);
