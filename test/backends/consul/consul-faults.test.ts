import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { consulFault } from '../../../src/backends/consul/consul-faults.js';
import { ConsulKeySpace } from '../../../src/backends/consul/consul-key-space.js';
import type { ConsulOptions } from '../../../src/backends/consul/consul-options.js';
import { UsageError } from '../../../src/errors.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { expectBothFail, MS, put, readError, rightsOf } from '../../support/key-space-faults.js';
import { until } from '../../support/patience.js';
import { CONSUL, type ConsulServer, startConsul } from '../../support/servers/consul-server.js';
import { type CuttingProxy, cuttingProxy } from '../../support/servers/cutting-proxy.js';
import { freePort } from '../../support/servers/server-process.js';
import { neverAnswers } from '../../support/silent-servers.js';
import { clientCertificate, serverCertificate } from '../../support/transport/certificates.js';
import { consulPlace } from './consul-place.js';

const TOKEN = '6f1d2a3b-0000-4c5d-8e9f-aa11bb22cc33';
const open: ConsulKeySpace[] = [];
const servers: (ConsulServer | CuttingProxy)[] = [];

afterEach(async () => {
  for (const space of open.splice(0)) await space.close();
});
afterAll(async () => {
  for (const each of servers) await ('kill' in each ? each.kill() : each.stop());
});

function spaceAt(port: number, more: Partial<ConsulOptions> = {}): ConsulKeySpace {
  const space = new ConsulKeySpace(consulPlace(port, more));
  open.push(space);
  return space;
}

const bothFail = (space: ConsulKeySpace, ...how: Parameters<typeof expectBothFail>[1]) =>
  expectBothFail(space, how, TOKEN);

async function started(config?: object): Promise<ConsulServer> {
  const server = await startConsul(config);
  servers.push(server);
  return server;
}

describe('an agent that is not there, or is none', () => {
  it('does not accept connections, has another name, or never answers', async () => {
    await bothFail(spaceAt(await freePort(), { token: TOKEN }), 'unreachable', 'connection-refused');
    await bothFail(spaceAt(1, { host: 'no-such-host.invalid' }), 'unreachable', 'name');
    const silent = await neverAnswers();
    const space = spaceAt(Number(new URL(silent.url).port));
    expect(await put(space, 'head', '1', 300)).toMatchObject({
      kind: 'unknown',
      error: { data: { cause: 'timeout' } },
    });
    expect((await readError(space, 300)).data).toMatchObject({ remote: 'unreachable', cause: 'timeout' });
    await silent.stop();
  });

  it('takes no store whose name could leave its place', () => {
    expect(() => spaceAt(1, { store: 'a/b' })).toThrow(UsageError);
    expect(spaceAt(1, { datacenter: 'dc2', token: TOKEN }).target).toBe('consul://127.0.0.1:1/dc2#prod');
  });

  it.each([
    [500, 'No cluster leader', 'unreachable'],
    [500, 'leadership lost while committing log', 'unknown'],
    [500, 'rpc error making call: Permission denied', 'denied'],
    [403, 'ACL not found', 'denied'],
    [413, 'Request body(524500 bytes) too large', 'refused'],
    [429, 'Your IP is issuing too many concurrent connections', 'unreachable'],
    [503, '', 'unknown'],
    [404, '<html>', 'unreachable'],
  ])('%i %s', (status, text, kind) => {
    expect(consulFault(status, text).kind).toBe(kind);
  });
});

describe.skipIf(CONSUL === null)('a real Consul', () => {
  let server: ConsulServer;
  beforeAll(async () => {
    server = await started();
  });

  it('takes a token with rights on the prefix of the store alone', async () => {
    const guarded = await started({
      acl: { enabled: true, default_policy: 'deny', tokens: { initial_management: TOKEN } },
    });
    await until(async () =>
      guarded.ask('GET', '/v1/acl/policies', undefined, TOKEN).then(
        () => true,
        () => false,
      ),
    );
    const policy = { Name: 'kgit', Rules: 'key_prefix "kgit/prod/" { policy = "write" }' };
    await guarded.ask('PUT', '/v1/acl/policy', policy, TOKEN);
    const made = await guarded.ask('PUT', '/v1/acl/token', { Policies: [{ Name: 'kgit' }] }, TOKEN);
    const token = (made as { SecretID: string }).SecretID;
    const space = spaceAt(guarded.port, { token });
    expect(await put(space, 'tip/a/b', 'x')).toMatchObject({ kind: 'done' });
    expect(await space.names('tip/', '', MS)).toEqual(['a/']);
    expect(await space.get(['tip/a/b', 'head'], MS)).toMatchObject([{ value: 'x' }, null]);
    const hint = space.changed({ seq: 0, version: null }, new AbortController().signal);
    expect(await put(space)).toMatchObject({ kind: 'done' });
    await hint;
    await bothFail(spaceAt(guarded.port, { token, store: 'other' }), 'denied', 'forbidden');
    await bothFail(spaceAt(guarded.port), 'denied', 'forbidden');
    await bothFail(spaceAt(guarded.port, { token: TOKEN.replace('6', '7') }), 'denied', 'unauthorized');
    expect(await rightsOf(space)).toBe('may');
    expect(await space.facts(MS)).toMatchObject({ hasLeader: true, version: null, maxValueBytes: null });
    expect(await spaceAt(guarded.port, { token: TOKEN }).facts(MS)).toMatchObject({
      version: expect.stringMatching(/^1\./),
      maxValueBytes: 524_288,
      date: expect.stringContaining('GMT'),
    });
    const rules = 'key_prefix "kgit/prod/" { policy = "read" }';
    await guarded.ask('PUT', '/v1/acl/policy', { Name: 'reader', Rules: rules }, TOKEN);
    const reader = await guarded.ask('PUT', '/v1/acl/token', { Policies: [{ Name: 'reader' }] }, TOKEN);
    const readOnly = spaceAt(guarded.port, { token: (reader as { SecretID: string }).SecretID });
    expect(await rightsOf(readOnly)).toMatch(/denied|permission/i);
    // Consul leaves out what a token must not read, and says so.
    const poor = await guarded.ask('PUT', '/v1/acl/token', {}, TOKEN);
    const without = spaceAt(guarded.port, { token: (poor as { SecretID: string }).SecretID });
    await expect(without.names('tip/', '', MS)).rejects.toMatchObject({ data: { remote: 'denied' } });
    await expect(
      spaceAt(guarded.port).changed({ seq: 0, version: null }, new AbortController().signal),
    ).rejects.toMatchObject({ data: { remote: 'denied' } });
  });

  it('asks for certificates, with mutual TLS', async () => {
    const certificate = serverCertificate();
    const folder = temporaryFolder('kgit-consul-tls-');
    writeFileSync(join(folder, 'cert.pem'), certificate.cert);
    writeFileSync(join(folder, 'key.pem'), certificate.key);
    const files = { ca_file: certificate.authority, cert_file: join(folder, 'cert.pem') };
    const tls = { ...files, key_file: join(folder, 'key.pem'), verify_incoming: true };
    const { port } = await started({ tls: { https: tls } });
    const ca = readFileSync(certificate.authority, 'utf8');
    const own = clientCertificate(certificate, 'kgit');
    const space = spaceAt(port, { tls: { ca, ...own } });
    await until(async () => (await put(space)).kind === 'done');
    expect(space.target).toBe(`consuls://127.0.0.1:${port}#prod`);
    await bothFail(spaceAt(port, { tls: own }), 'denied', 'certificate-authority');
    await bothFail(spaceAt(port, { tls: { ca } }), 'denied', 'certificate-client');
    await bothFail(spaceAt(server.port, { tls: { ca } }), 'denied', 'tls');
  });

  it('knows no such datacenter', async () => {
    expect(await put(spaceAt(server.port, { datacenter: 'nowhere' }))).toMatchObject({ kind: 'unreachable' });
  });

  it('takes no write that is too large', async () => {
    const tooLarge = { kind: 'refused', error: { data: { cause: 'too-large' } } };
    expect(await put(spaceAt(server.port), 'tip/a', 'x'.repeat(600_000))).toMatchObject(tooLarge);
    const puts = Array.from({ length: 129 }, (_, n) => ({ key: `tip/${n}`, value: '' }));
    expect(await spaceAt(server.port).write({ expect: new Map(), puts }, MS)).toMatchObject(tooLarge);
  });

  it('carried a write out when the connection broke', async () => {
    const proxy = await cuttingProxy(server.port);
    servers.push(proxy);
    const space = spaceAt(proxy.port, { store: 'cut' });
    const direct = spaceAt(server.port, { store: 'cut' });
    await put(space);
    void proxy.hold('answer');
    const written = put(space, 'tip/a', 'x');
    await until(async () => (await direct.get(['tip/a'], MS))[0]?.value === 'x');
    proxy.cut();
    expect(await written).toMatchObject({ kind: 'unknown', error: { data: { cause: 'broken-off' } } });
    expect(await space.get(['tip/a'], MS)).toMatchObject([{ value: 'x' }]);
  });

  it('is used again after a restart, and ends a wait for changes when it goes away', async () => {
    const again = await started();
    const space = spaceAt(again.port);
    await until(async () => (await put(space)).kind === 'done');
    const version = (await space.get(['head'], MS))[0]?.version ?? '';
    const waiting = space.changed({ seq: 1, version }, new AbortController().signal).then(
      () => null,
      (error: unknown) => error,
    );
    await new Promise((wake) => setTimeout(wake, 200));
    await again.kill();
    expect(await waiting).toMatchObject({ data: { remote: 'unreachable' } });
    await bothFail(space, 'unreachable', 'connection-refused');
    await again.start();
    await until(async () => (await put(space, 'tip/b', 'y')).kind === 'done');
    expect(await space.get(['head', 'tip/b'], MS)).toMatchObject([{ value: '1' }, { value: 'y' }]);
  });

  it('tells nothing of a head that did not change', async () => {
    const space = spaceAt(server.port, { store: 'still' });
    await put(space);
    const version = (await space.get(['head'], MS))[0]?.version ?? '';
    let isOver = false;
    const hint = space.changed({ seq: 1, version }, new AbortController().signal).then(() => {
      isOver = true;
    });
    await put(space, 'tip/a', 'x');
    await new Promise((wake) => setTimeout(wake, 300));
    expect(isOver).toBe(false);
    await put(space, 'head', '2');
    await hint;
  });
});
