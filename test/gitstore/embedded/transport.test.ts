/** How the embedded git reaches servers: proxies, TLS, redirects, logins. Every server is a real one, on this machine. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { httpAccess } from '../../../src/gitstore/embedded/http-access.js';
import { remoteFault } from '../../../src/gitstore/process/remote-fault.js';
import { openEmbedded } from '../../support/embedded-git.js';
import { bareRepository, emptyRepository, git, temporaryFolder } from '../../support/git-fixtures.js';
import { neverAnswers, trickles } from '../../support/silent-servers.js';
import { sharedState } from '../../support/state-repository.js';
import { clientCertificate, serverCertificate } from '../../support/transport/certificates.js';
import { type GitHttpsServer, startGitHttpsServer } from '../../support/transport/git-https-server.js';
import { httpBackend } from '../../support/transport/http-backend.js';
import { type HttpProxy, startHttpProxy } from '../../support/transport/http-proxy.js';

type Environment = Readonly<Record<string, string>>;
type Config = Readonly<Record<string, string>>;

const MAIN = 'refs/heads/main';
const TOKEN = 'right-token';
const BASIC = `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString('base64')}`;
const repository = sharedState();
const tip = git(repository, 'rev-parse', 'main');
const stops: (() => Promise<unknown>)[] = [];
let secured: GitHttpsServer;
let trusting: Environment;
let proxy: HttpProxy;

beforeAll(async () => {
  secured = await startGitHttpsServer(repository);
  trusting = { GIT_SSL_CAINFO: secured.authority, KGIT_TOKEN: TOKEN };
});
afterAll(() => secured.stop());
beforeEach(async () => {
  proxy = await startHttpProxy();
});
afterEach(async () => {
  secured.fail(null);
  await Promise.all([proxy.stop(), ...stops.splice(0).map((stop) => stop())]);
});

/** Listens on 127.0.0.1 until the test ends; returns `host:port`. */
async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const served = (answer: RequestListener) => listening(createServer(answer));
const servedByTls = (options: ServerOptions, answer: RequestListener) =>
  listening(createTlsServer(options, answer).on('tlsClientError', () => undefined));
/** Answers as a git server of `repository`. */
const asGit: RequestListener = (request, response) =>
  httpBackend(dirname(repository), 'ada', request, response);

/** Asks a server for the tip of main: the tip, or the cause and the words of the failure, which hold no token. */
async function ask(url: string, environment: Environment = {}, config: Config = {}, timeoutMs = 20_000) {
  const place = await httpAccess(url, new Map(Object.entries(config)), environment);
  const { remote } = await openEmbedded(emptyRepository(), null, { remote: { name: 'origin', place } });
  if (remote === null) throw new Error('no remote');
  const { tips, result } = await remote.tips([MAIN], timeoutMs);
  expect(result.stderr).not.toContain(TOKEN);
  expect(result.stderr).not.toContain(BASIC.slice(6));
  return { tip: tips?.get(MAIN), cause: result.code === 0 ? null : remoteFault(result.stderr).cause, result };
}
const found = { tip, cause: null };

describe('a proxy', () => {
  it('is asked for a tunnel to an https server, with its own password, and sees no token', async () => {
    proxy.demand('ada:p@ss');
    const environment = { ...trusting, https_proxy: `http://ada:p%40ss@${proxy.host}` };
    expect(await ask(secured.url, environment)).toMatchObject(found);
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${secured.host}`]));
    expect(proxy.headers).not.toContain(BASIC);
    expect(await ask(secured.url, { ...trusting, https_proxy: proxy.host })).toMatchObject({
      cause: 'proxy',
    });
  });

  it('is asked for the URLs of an http server', async () => {
    const url = `http://${await served(asGit)}/${basename(repository)}`;
    expect(await ask(url, { http_proxy: proxy.host })).toMatchObject(found);
    expect(proxy.asked[0]).toBe(`GET ${url}/info/refs?service=git-upload-pack`);
    proxy.demand('ada:p@ss');
    expect(await ask(url, {}, { 'http.proxy': `http://${proxy.host}` })).toMatchObject({ cause: 'proxy' });
  });

  it.each([
    [{}, true],
    [{ no_proxy: '127.0.0.1' }, false],
    [{ NO_PROXY: 'other.example, *' }, false],
    [{ no_proxy: '10.0.0.0/8,127.0.0.0/8' }, false],
    [{ no_proxy: '10.0.0.0/8,::1/128,127.0.0.0/99,27.0.0.1' }, true],
    [{ http_proxy: '', all_proxy: '@' }, false],
  ])('of the environment with %j is used: %s', async (more: Environment, isUsed) => {
    const url = `http://${await served((_, response) => response.writeHead(404).end())}/x.git`;
    const all = Object.entries({ http_proxy: '@', HTTP_PROXY: '127.0.0.1:1', ...more });
    const environment = Object.fromEntries(
      all.map(([name, value]) => [name, value.replace('@', proxy.host)]),
    );
    expect(await ask(url, environment)).toMatchObject({ cause: 'not-found' });
    expect(proxy.asked.length > 0).toBe(isUsed);
  });

  it.each([
    ['http://[', 'proxy', 'Unsupported proxy syntax'],
    ['socks5://127.0.0.1:1', 'proxy', 'Unsupported proxy scheme socks5:'],
    ['127.0.0.1:1', 'refused', 'Failed to connect to 127.0.0.1 port 1'],
  ])('%s: %s', async (https_proxy, cause, words) => {
    const { result, ...told } = await ask(secured.url, { ...trusting, https_proxy });
    expect(told).toMatchObject({ cause });
    expect(result.stderr).toContain(words);
  });

  it('that does not answer is given up in time', async () => {
    const silent = await neverAnswers();
    stops.push(silent.stop);
    const https_proxy = new URL(silent.url).origin;
    expect(await ask(secured.url, { ...trusting, https_proxy }, {}, 300)).toMatchObject({ cause: 'timeout' });
  });
});

describe('TLS', () => {
  it('takes an authority of the configuration, for its host alone', async () => {
    const { GIT_SSL_CAINFO: authority = '', ...environment } = trusting;
    const at = (host: string) => ({ [`http.https://${host}.sslcainfo`]: authority });
    expect(await ask(secured.url, environment, at(secured.host))).toMatchObject(found);
    expect(await ask(secured.url, environment, at('other.example'))).toMatchObject({ cause: 'certificate' });
  });

  it.each([
    ['an authority that nobody knows', undefined, ['-days', '1'], false, 'certificate'],
    ['another host', 'DNS:other.example', ['-days', '1'], true, 'certificate-host'],
    ['days gone by', undefined, ['-days', '-1'], true, 'certificate-expired'],
  ])('refuses a certificate of %s, directly and by a proxy, and sends nothing', async (...row) => {
    const [, names, validity, isTrusted, cause] = row;
    const certificate = serverCertificate(names, validity);
    const bad = await startGitHttpsServer(repository, certificate);
    stops.push(bad.stop);
    const trust = isTrusted ? { GIT_SSL_CAINFO: certificate.authority } : {};
    const environment: Environment = { KGIT_TOKEN: TOKEN, ...trust };
    expect(await ask(bad.url, environment)).toMatchObject({ cause });
    expect(await ask(bad.url, { ...environment, https_proxy: proxy.host })).toMatchObject({ cause });
    expect(proxy.asked).toEqual([`CONNECT ${bad.host}`]);
    expect(bad.requests).toEqual([]);
    expect(await ask(bad.url, { ...environment, GIT_SSL_NO_VERIFY: '1' })).toMatchObject(found);
  });

  it('shows a certificate of its own to a server that asks for one', async () => {
    const certificate = serverCertificate();
    const mine = clientCertificate(certificate, 'ada');
    const folder = temporaryFolder();
    for (const [name, text] of Object.entries(mine)) writeFileSync(join(folder, name), text);
    const asking = { ca: readFileSync(certificate.authority), requestCert: true, rejectUnauthorized: true };
    const host = await servedByTls({ ...certificate, ...asking }, asGit);
    const url = `https://${host}/${basename(repository)}`;
    const environment = { GIT_SSL_CAINFO: certificate.authority };
    const own = { 'http.sslcert': join(folder, 'cert'), 'http.sslkey': join(folder, 'key') };
    expect(await ask(url, environment, own)).toMatchObject(found);
    expect(await ask(url, environment)).toMatchObject({ cause: 'certificate-client' });
    await expect(ask(url, environment, { 'http.sslcert': '/none' })).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: expect.stringContaining('http.sslCert names the file /none'),
    });
  });
});

describe('a redirect', () => {
  const HEADER = { 'http.extraheader': `Authorization: ${BASIC}` };
  const seen = (request: IncomingMessage) => `${request.method} ${request.headers.authorization ?? 'nobody'}`;

  it('of the first request is followed, with the login on the same host', async () => {
    const asked: string[] = [];
    const host = await served((request, response) => {
      asked.push(seen(request));
      if (!request.url?.startsWith('/old/')) return asGit(request, response);
      return response.writeHead(301, { location: request.url.replace('/old/', '/') }).end('moved');
    });
    expect(await ask(`http://${host}/old/${basename(repository)}`, {}, HEADER)).toMatchObject(found);
    expect(asked).toEqual([`GET ${BASIC}`, `GET ${BASIC}`, `POST ${BASIC}`]);
  });

  it('to another host is asked as nobody, whatever user it names', async () => {
    const asked: string[] = [];
    const other = await served((request, response) => {
      asked.push(seen(request));
      asGit(request, response);
    });
    const host = await served((request, response) =>
      response.writeHead(302, { location: `http://eve:${TOKEN}@${other}${request.url}` }).end(),
    );
    expect(await ask(`http://${host}/${basename(repository)}`, {}, HEADER)).toMatchObject(found);
    expect(asked).toEqual(['GET nobody', 'POST nobody']);
  });

  it.each([
    ['from https to http', (url: string) => `http://127.0.0.1:1${url}`, 'not-git'],
    ['that leads elsewhere than to a repository', () => '/login', 'not-git'],
    ['that leads in a circle', (url: string) => url, 'unknown'],
  ])('%s is not followed', async (_what, to, cause) => {
    const certificate = serverCertificate();
    let count = 0;
    const host = await servedByTls(certificate, (request, response) => {
      count += 1;
      response.writeHead(302, { location: to(request.url ?? '') }).end();
    });
    const environment = { GIT_SSL_CAINFO: certificate.authority };
    expect(await ask(`https://${host}/x.git`, environment)).toMatchObject({ cause });
    expect(count).toBeLessThan(10);
  });

  it('of what is sent is not followed', async () => {
    let count = 0;
    const other = await served((_, response) => {
      count += 1;
      response.end();
    });
    const host = await served((request, response) => {
      if (request.method === 'GET') return asGit(request, response);
      return response.writeHead(307, { location: `http://${other}${request.url}` }).end();
    });
    const { result } = await ask(`http://${host}/${basename(repository)}`);
    expect(result.stderr).toContain('returned error: 307');
    expect(count).toBe(0);
  });
});

it('an answer is asked for as it is, and one that is compressed is refused', async () => {
  let accepted: unknown;
  const host = await served((request, response) => {
    accepted = request.headers['accept-encoding'];
    response.setHeader('content-encoding', 'gzip');
    asGit(request, response);
  });
  const { result, cause } = await ask(`http://${host}/${basename(repository)}`);
  expect([accepted, cause]).toEqual(['identity', 'not-git']);
  expect(result.stderr).toContain('the answer is encoded (gzip)');
});

describe('a server that refuses', () => {
  it.each([
    [403, 'forbidden'],
    [404, 'not-found'],
    [413, 'too-large'],
    [500, 'server-error'],
    [503, 'server-error'],
    ['garbage', 'not-git'],
    ['cut', 'connection-lost'],
  ] as const)('with %s: %s', async (fault, cause) => {
    secured.fail(fault, fault === 'cut' ? '/git-upload-pack' : '');
    expect(await ask(secured.url, trusting)).toMatchObject({ cause });
  });

  it('a login tells what to set: the token, or the header that goes before it', async () => {
    const { KGIT_TOKEN: _token, ...environment } = trusting;
    const advice = async (more: Environment, config: Config = {}) =>
      remoteFault((await ask(secured.url, { ...environment, ...more }, config)).result.stderr);
    expect(await advice({})).toMatchObject({
      cause: 'unauthorized',
      advice: expect.stringMatching(/KGIT_TOKEN.*without git.*no credential helper and no \.netrc/),
    });
    expect(await advice({ KGIT_TOKEN: 'other' })).toMatchObject({ cause: 'unauthorized' });
    const stale = { 'http.extraheader': 'AUTHORIZATION: basic c3RhbGU6eA==' };
    expect(await advice({ KGIT_TOKEN: TOKEN }, stale)).toMatchObject({ cause: 'extra-header' });
  });
});

it.each([
  ['never answers', neverAnswers],
  ['answers a byte at a time', trickles],
])('a server that %s is given up in time', async (_what, start) => {
  const slow = await start();
  stops.push(slow.stop);
  expect(await ask(slow.url, {}, {}, 500)).toMatchObject({ cause: 'timeout' });
});

it.each(['https://[', 'http://host:99999/x.git', 'https://ada:secret@'])('%s is no URL', async (address) => {
  const failure = await httpAccess(address, new Map(), {}).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'ENVIRONMENT', message: expect.stringContaining('is not a URL') });
  expect(JSON.stringify(failure)).not.toContain('secret');
});

it('of several URLs of a remote, the first is asked', async () => {
  const path = emptyRepository();
  git(path, 'remote', 'add', 'origin', `http://${await served(asGit)}/${basename(repository)}`);
  git(path, 'config', '--add', 'remote.origin.url', 'http://127.0.0.1:1/x.git');
  const { remote } = await openEmbedded(path, 'origin');
  expect((await remote?.tips([MAIN], 20_000))?.tips?.get(MAIN)).toBe(tip);
});

it('an empty repository has no tip', async () => {
  const empty = bareRepository();
  const host = await served((request, response) => httpBackend(dirname(empty), 'ada', request, response));
  expect(await ask(`http://${host}/${basename(empty)}`)).toMatchObject({ tip: undefined, cause: null });
});
