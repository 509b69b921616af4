import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openServeFiles } from '../../src/serve/serve-files.js';
import { refuseOpenAddress } from '../../src/serve/server.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { until } from '../support/patience.js';
import { raw, type Served, served } from '../support/serve/served.js';
import { serverCertificate } from '../support/transport/certificates.js';

const servers: Served[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((one) => one.stop()));
});

async function start(more: Parameters<typeof served>[0] = {}): Promise<Served> {
  const server = await served(more);
  servers.push(server);
  return server;
}

const HOST = 'Host: 127.0.0.1\r\n';
const SECRET = 'a-secret-of-a-forge';
const statusOf = (text: string) => text.split(' ')[1];

/** Opens a stream; resolves with its answer. */
function openStream(port: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const path = '/api/v1/stream';
    getHttp({ port, host: '127.0.0.1', path, agent: false }, resolve).on('error', reject);
  });
}

/** Files with a certificate and its key. */
function certificateFiles(): { readonly cert: string; readonly key: string } {
  const folder = temporaryFolder();
  const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  const { cert, key } = serverCertificate();
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);
  return files;
}

const printOf = ({ cert }: { readonly cert: string }) =>
  new X509Certificate(readFileSync(cert)).fingerprint256;

describe('a request on a socket', () => {
  it.each([
    ['GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n', '200'],
    ['GET /api/v1/stream HTTP/1.1\r\nHost: evil.example.com\r\n\r\n', '421'],
    // The first one counts, and the others do not make it another.
    ['GET /none HTTP/1.1\r\nHost: evil.example.com\r\nHost: localhost\r\n\r\n', '421'],
    ['GET /none HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Host: evil.example.com\r\n\r\n', '404'],
    ['GET /healthz HTTP/1.1\r\n\r\n', '400'],
    ['GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n', '400'],
    ['GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: \u0000\r\n\r\n', '400'],
    [
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n',
      '400',
    ],
    [`GET /healthz HTTP/1.1\r\n${HOST}X: ${'a'.repeat(17_000)}\r\n\r\n`, '431'],
    [`GET /${'a'.repeat(9_000)} HTTP/1.1\r\n${HOST}\r\n`, '414'],
    [`GET /..%2f..%2fetc/passwd HTTP/1.1\r\n${HOST}\r\n`, '404'],
    [`GET /../../etc/passwd HTTP/1.1\r\n${HOST}\r\n`, '404'],
    [`TRACE / HTTP/1.1\r\n${HOST}\r\n`, '405'],
    [`OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, '400'],
    [`CONNECT localhost:80 HTTP/1.1\r\n${HOST}\r\n`, undefined],
    ['nonsense\r\n\r\n', '400'],
  ])('%j: %s', async (text, status) => {
    const { port } = await start();
    const client = await raw(port, text);
    if (status === undefined) await client.closed;
    else await until(() => client.text().includes('\r\n'), client.text);
    expect(statusOf(client.text())).toBe(status);
    expect(client.text()).not.toMatch(/node_modules|at \w+ \(|\/work|\/home/);
    client.socket.destroy();
  });

  it('has to come within the time for it: silence, a slow header, a slow body', async () => {
    const secret = join(temporaryFolder(), 'secret');
    writeFileSync(secret, SECRET);
    const files = await openServeFiles(
      { token: null, hookSecret: secret, tls: null },
      { note: () => undefined },
    );
    const { port } = await start({ files, limits: { header: 200, request: 400, check: 50 } });
    const silent = await raw(port, '');
    const slow = await raw(port, `GET /healthz HTTP/1.1\r\n${HOST}`);
    const body = await raw(port, `POST /hooks/gitlab HTTP/1.1\r\n${HOST}Content-Length: 1000\r\n\r\n{`);
    const drip = setInterval(() => {
      for (const { socket } of [slow, body]) if (socket.writable) socket.write('X-A: b\r\n');
    }, 20);
    for (const { socket } of [slow, body]) socket.on('error', () => undefined);
    const [, header] = await Promise.all([silent.closed, slow.closed, body.closed]);
    clearInterval(drip);
    expect(statusOf(header)).toBe('408');
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  });

  it('leaves a body that is too large unread', async () => {
    const secret = join(temporaryFolder(), 'secret');
    writeFileSync(secret, SECRET);
    const files = await openServeFiles(
      { token: null, hookSecret: secret, tls: null },
      { note: () => undefined },
    );
    const { url } = await start({ files });
    const answer = await fetch(`${url}hooks/gitlab`, {
      method: 'POST',
      body: 'a'.repeat(3 * 1024 * 1024),
      headers: { 'x-gitlab-token': SECRET },
    });
    expect(answer.status).toBe(413);
  });
});

describe('streams on sockets', () => {
  it('are 500 at most; the next one is told when to come again', async () => {
    const { port, url } = await start();
    const open = await Promise.all(Array.from({ length: 500 }, () => openStream(port)));
    expect(new Set(open.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    const refused = await fetch(`${url}api/v1/stream`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
    expect(await refused.json()).toMatchObject({
      kind: 'Error',
      error: { message: 'too many streams are open' },
    });
    for (const answer of open) answer.destroy();
    await until(async () => {
      const again = await openStream(port);
      again.destroy();
      return again.statusCode === 200;
    });
  });

  it('are cut if their client does not read, and the others go on', async () => {
    const { port, monitor } = await start({ limits: { streams: { look: 50, slow: 300 } } });
    const stuck = await openStream(port);
    stuck.pause();
    stuck.on('error', () => undefined);
    const reader = await openStream(port);
    let read = 0;
    reader.on('data', (chunk: Buffer) => {
      read += chunk.length;
    });
    const document = { type: 'stuck', waiting: 1, oldest: 'a'.repeat(64 * 1024), observedAt: '' } as const;
    // More than what the system keeps for a connection whose other end does not read.
    for (let n = 0; n < 400; n += 1) await monitor.news.append([{ kind: 'outbox', document }]);
    await until(
      () => read > 400 * 64 * 1024,
      () => `${read}`,
    );
    await until(() => connections(port) === 1);
    reader.destroy();
  });
});

/** How many connections this process has open to a port. */
function connections(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1);
  return rows.filter((row) => new RegExp(`^ *\\d+: \\w+:${hex} \\w+:\\w+ 01`).test(row)).length;
}

describe('TLS', () => {
  it('answers with the certificate, and with the next one once that is there', async () => {
    const first = certificateFiles();
    const second = certificateFiles();
    const printOfFirst = printOf(first);
    const note = vi.fn();
    const files = await openServeFiles({ token: null, hookSecret: null, tls: first }, { note });
    const { port, url, notes } = await start({ files });
    const shown = () =>
      new Promise<string>((resolve, reject) => {
        getHttps(
          { port, host: '127.0.0.1', path: '/healthz', rejectUnauthorized: false, agent: false },
          (answer) => {
            answer.resume();
            resolve((answer.socket as TLSSocket).getPeerCertificate().fingerprint256);
          },
        ).on('error', reject);
      });
    expect(url).toBe(`https://127.0.0.1:${port}/`);
    expect(await shown()).toBe(printOfFirst);
    // A key that does not belong to the certificate yet, as between two writes.
    writeFileSync(first.cert, readFileSync(second.cert));
    await files.tls?.look();
    expect(await shown()).toBe(printOfFirst);
    expect(note.mock.calls.flat()).toEqual([
      '--tls-cert and --tls-key hold no certificate and its key as PEM; what it held before still counts',
    ]);
    writeFileSync(first.key, readFileSync(second.key));
    await files.tls?.look();
    expect(await shown()).toBe(printOf(second));
    expect(notes).toEqual(['the certificate was replaced: new connections use it']);
    const plain = await raw(port, `GET /healthz HTTP/1.1\r\n${HOST}\r\n`);
    expect(await plain.closed).not.toContain('200');
  });
});

describe('the end of the server', () => {
  it('ends streams, lets an answer finish, and takes no more', async () => {
    const { port, stop } = await served();
    const stream = await openStream(port);
    const ended = new Promise<void>((resolve) => stream.on('end', resolve));
    stream.resume();
    const idle = await raw(port, '');
    const busy = await raw(port, `GET /healthz HTTP/1.1\r\n${HOST}`);
    const stopped = stop();
    busy.socket.write('\r\n');
    expect(statusOf(await busy.closed)).toBe('200');
    await Promise.all([ended, idle.closed, stopped]);
    await expect(raw(port, '')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('does not wait for a client that never ends', async () => {
    const { port, stop } = await served({ limits: { drain: 100 } });
    const busy = await raw(port, `GET /healthz HTTP/1.1\r\n${HOST}`);
    busy.socket.on('error', () => undefined);
    await Promise.all([stop(), busy.closed]);
  });
});

describe('the address', () => {
  it('is not one that others can reach, unless somebody is asked for', () => {
    const refuse = (host: string, token: string | null, proxyHeader: string | null) => () =>
      refuseOpenAddress({ host, port: 7467 }, { token }, { proxyHeader });
    expect(refuse('0.0.0.0', null, null)).toThrow(/everybody who can reach this machine/);
    expect(refuse('::', null, null)).toThrow(/everybody/);
    for (const one of [
      refuse('127.0.0.1', null, null),
      refuse('::1', null, null),
      refuse('0.0.0.0', 't', null),
      refuse('::', null, 'h'),
    ])
      expect(one).not.toThrow();
  });

  it('is taken by one server', async () => {
    const { port } = await start();
    await expect(served({ listen: { host: '127.0.0.1', port } })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: another program listens there`,
    );
  });
});
