import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { etcdChecks } from '../../../src/backends/etcd/etcd-checks.js';
import { EtcdKeySpace } from '../../../src/backends/etcd/etcd-key-space.js';
import type { EtcdOptions } from '../../../src/backends/etcd/etcd-options.js';
import { UsageError } from '../../../src/errors.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { expectBothFail, MS, put, readError, rightsOf } from '../../support/key-space-faults.js';
import { until } from '../../support/patience.js';
import { type CuttingProxy, cuttingProxy } from '../../support/servers/cutting-proxy.js';
import { type EtcdServer, startEtcd, startEtcdPair } from '../../support/servers/etcd-server.js';
import { freePort } from '../../support/servers/server-process.js';
import { clientCertificate, serverCertificate } from '../../support/transport/certificates.js';
import { etcdPlace } from './etcd-place.js';

const PASSWORD = 'Kq7-hidden-Wz';
const open: EtcdKeySpace[] = [];
const servers: (EtcdServer | CuttingProxy)[] = [];

afterEach(async () => {
  for (const space of open.splice(0)) await space.close();
});

function spaceAt(port: number, more: Partial<EtcdOptions> = {}): EtcdKeySpace {
  const space = new EtcdKeySpace(etcdPlace(port, more));
  open.push(space);
  return space;
}

const bothFail = (space: EtcdKeySpace, ...how: Parameters<typeof expectBothFail>[1]) =>
  expectBothFail(space, how, PASSWORD);

async function started(...args: Parameters<typeof startEtcd>): Promise<EtcdServer> {
  const server = await startEtcd(...args);
  servers.push(server);
  return server;
}

let server: EtcdServer;
beforeAll(async () => {
  server = await started();
});
afterAll(async () => {
  for (const each of servers) await ('kill' in each ? each.kill() : each.stop());
});

describe('a cluster that is not there or does not let us in', () => {
  it('does not accept connections, or has another name', async () => {
    await bothFail(spaceAt(await freePort()), 'unreachable', 'connection-refused');
    const endpoints = [{ host: 'no-such-host.invalid', port: 2379 }];
    await bothFail(spaceAt(1, { endpoints }), 'unreachable', 'name');
  });

  it('takes the first endpoint that accepts a connection', async () => {
    const dead = { host: '127.0.0.1', port: await freePort() };
    const space = spaceAt(1, {
      endpoints: [dead, { host: '127.0.0.1', port: server.port }],
      store: 'second',
    });
    expect(await put(space)).toMatchObject({ kind: 'done' });
    expect(space.target).toBe(`etcd://127.0.0.1:${dead.port},127.0.0.1:${server.port}#second`);
  });

  it('has users, and a role on the prefix of the store alone', async () => {
    const users = await started();
    const { control } = users;
    const root = ['--user', `root:${PASSWORD}`];
    await bothFail(spaceAt(users.port, { username: 'kgit', password: PASSWORD }), 'denied', 'no-users');
    control('user', 'add', `root:${PASSWORD}`);
    control('user', 'grant-role', 'root', 'root');
    control('role', 'add', 'kgit');
    control('role', 'grant-permission', 'kgit', '--prefix=true', 'readwrite', '/kgit/prod/');
    control('user', 'add', `kgit:${PASSWORD}`);
    control('user', 'grant-role', 'kgit', 'kgit');
    control('auth', 'enable');
    const user = { username: 'kgit', password: PASSWORD };
    await bothFail(spaceAt(users.port), 'denied', 'unauthorized');
    await bothFail(spaceAt(users.port, { ...user, password: `${PASSWORD}x` }), 'denied', 'unauthorized');
    await bothFail(spaceAt(users.port, { ...user, username: 'nobody' }), 'denied', 'unauthorized');
    await bothFail(spaceAt(users.port, { ...user, store: 'other' }), 'denied', 'forbidden');
    const space = spaceAt(users.port, user);
    expect(await put(space, 'tip/a/b', 'x')).toMatchObject({ kind: 'done' });
    expect(await space.names('tip/', '', MS)).toEqual(['a/']);
    expect(await put(space, 'tip/a/b', null)).toMatchObject({ kind: 'done' });
    expect(await space.names('tip/', '', MS)).toEqual([]);
    const hint = space.changed({ seq: 0, version: null }, new AbortController().signal);
    expect(await put(space)).toMatchObject({ kind: 'done' });
    await hint;
    control(...root, 'role', 'grant-permission', 'kgit', '--prefix=true', 'read', '/kgit/readable/');
    expect(await rightsOf(space)).toEqual('may');
    expect(await rightsOf(spaceAt(users.port, { ...user, store: 'readable' }))).toMatch(/denied|permission/i);
    // The tokens that were given out are no longer valid.
    control(...root, 'role', 'grant-permission', 'kgit', '--prefix=true', 'readwrite', '/other/');
    expect(await put(space)).toMatchObject({ kind: 'done' });
    await users.kill();
    await users.start();
    expect(await space.get(['head'], MS)).toMatchObject([{ value: '1' }]);
  });

  it('knows users by their certificates, with mutual TLS', async () => {
    const certificate = serverCertificate('IP:127.0.0.1,DNS:localhost');
    const folder = temporaryFolder('kgit-etcd-tls-');
    writeFileSync(join(folder, 'cert.pem'), certificate.cert);
    writeFileSync(join(folder, 'key.pem'), certificate.key);
    const files = ['--cert-file', join(folder, 'cert.pem'), '--key-file', join(folder, 'key.pem')];
    const ca = readFileSync(certificate.authority, 'utf8');
    const { port } = await started(
      [],
      [...files, '--client-cert-auth', '--trusted-ca-file', certificate.authority],
    );
    const own = clientCertificate(certificate, 'kgit');
    const space = spaceAt(port, { tls: { ca, ...own } });
    expect(space.target).toBe(`etcds://127.0.0.1:${port}#prod`);
    expect(await put(space)).toMatchObject({ kind: 'done' });
    await bothFail(spaceAt(port, { tls: own }), 'denied', 'certificate-authority');
    await bothFail(spaceAt(port, { tls: { ca } }), 'denied', 'certificate-client');
    const plain = await put(spaceAt(port));
    expect(plain.kind).not.toBe('done');
    const wrong = await started([], files);
    const elsewhere = [{ host: 'localhost', port: wrong.port }];
    expect(await put(spaceAt(1, { endpoints: elsewhere, tls: { ca } }))).toMatchObject({ kind: 'done' });
  });

  it('has a certificate for another host', async () => {
    const certificate = serverCertificate('DNS:elsewhere.example');
    const folder = temporaryFolder('kgit-etcd-tls-');
    writeFileSync(join(folder, 'cert.pem'), certificate.cert);
    writeFileSync(join(folder, 'key.pem'), certificate.key);
    const { port } = await started(
      [],
      ['--cert-file', join(folder, 'cert.pem'), '--key-file', join(folder, 'key.pem')],
    );
    const tls = { ca: readFileSync(certificate.authority, 'utf8') };
    await bothFail(spaceAt(port, { tls }), 'denied', 'certificate-host');
  });

  it('takes no store whose name could leave its place', () => {
    expect(() => spaceAt(1, { store: '../x' })).toThrow(UsageError);
  });
});

describe('a cluster that cannot write', () => {
  it('has used up its space', async () => {
    const full = await started(['--quota-backend-bytes', '200000']);
    const space = spaceAt(full.port);
    const large = 'x'.repeat(200_000);
    await until(async () => (await put(space, 'tip/a', large)).kind !== 'done');
    expect(await put(space, 'tip/a', large)).toMatchObject({
      kind: 'refused',
      error: { data: { cause: 'space' } },
    });
    expect(etcdChecks(await space.facts(MS)).flatMap(({ name, ok }) => (ok ? [] : [name]))).toEqual([
      'alarms',
    ]);
  });

  it('takes smaller requests and transactions only', async () => {
    const small = await started(['--max-request-bytes', '10000', '--max-txn-ops', '5']);
    const space = spaceAt(small.port);
    const tooLarge = { kind: 'refused', error: { data: { cause: 'too-large' } } };
    expect(await put(space, 'tip/a', 'x'.repeat(20_000))).toMatchObject(tooLarge);
    const puts = Array.from({ length: 6 }, (_, n) => ({ key: `tip/${n}`, value: '' }));
    expect(await space.write({ expect: new Map(), puts }, MS)).toMatchObject(tooLarge);
    expect(await space.facts(MS)).toMatchObject({ hasLeader: true, alarms: [] });
  });

  it('has lost its leader', async () => {
    const [one, two] = await startEtcdPair();
    servers.push(one, two);
    const space = spaceAt(one.port);
    await until(async () => (await put(space)).kind === 'done');
    await two.kill();
    // While it looks for the leader it carries out nothing; later it says that there is none.
    const written = await put(space, 'tip/a');
    expect(['unknown', 'unreachable']).toContain(written.kind);
    expect(written).toMatchObject({ error: { code: 'REMOTE' } });
    expect((await readError(space)).data).toMatchObject({ remote: 'unreachable' });
  });
});

describe('a write of which nobody knows how it ended', () => {
  it('was carried out when the connection broke', async () => {
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

  it('was not answered in time, and a read of the same server cannot be done', async () => {
    const paused = await started();
    const space = spaceAt(paused.port);
    await put(space);
    paused.pause();
    expect(await put(space, 'tip/a', 'x', 300)).toMatchObject({
      kind: 'unknown',
      error: { data: { cause: 'timeout' } },
    });
    expect((await readError(space, 300)).data).toMatchObject({ remote: 'unreachable', cause: 'timeout' });
    paused.resume();
    expect(await space.get(['head'], MS)).toMatchObject([{ value: '1' }]);
  });
});

describe('a server that changes meanwhile', () => {
  it('is used again after a restart', async () => {
    const again = await started();
    const space = spaceAt(again.port);
    await put(space);
    const waiting = space
      .changed(
        { seq: 1, version: (await space.get(['head'], MS))[0]?.version ?? '' },
        new AbortController().signal,
      )
      .then(
        () => null,
        (error: unknown) => error,
      );
    await again.kill();
    expect(await waiting).toMatchObject({ data: { remote: 'unreachable' } });
    await bothFail(space, 'unreachable', 'connection-refused');
    await again.start();
    expect(await space.get(['head'], MS)).toMatchObject([{ value: '1' }]);
    expect(await put(space, 'tip/b', 'y')).toMatchObject({ kind: 'done' });
  });

  it('was compacted: a watch of the head neither fails nor ends at once', async () => {
    const space = spaceAt(server.port, { store: 'old' });
    await put(space);
    const version = (await space.get(['head'], MS))[0]?.version ?? null;
    for (let n = 0; n < 5; n++) await put(space, 'tip/a', String(n));
    const { Status } = JSON.parse(server.control('endpoint', 'status', '-w', 'json'))[0];
    server.control('compact', String(Status.header.revision));
    let isOver = false;
    const hint = space.changed({ seq: 1, version }, new AbortController().signal).then(() => {
      isOver = true;
    });
    await put(space, 'tip/b', 'x');
    await new Promise((wake) => setTimeout(wake, 200));
    expect(isOver).toBe(false);
    await put(space, 'head', '2');
    await hint;
  });
});

describe('folders of a flat key space', () => {
  it('have marks that are written once, and removed with the last key', async () => {
    const space = spaceAt(server.port, { store: 'marks' });
    const marks = () =>
      server.control('get', '--prefix', '/kgit/marks/in/', '--keys-only').split('\n').filter(Boolean);
    await put(space, 'tip/a/b/1', 'x');
    await put(space, 'tip/a/b/2', 'x');
    expect(marks()).toEqual(['/kgit/marks/in/:tip/', '/kgit/marks/in/tip/:a/', '/kgit/marks/in/tip/a/:b/']);
    const [mark] = JSON.parse(server.control('get', '/kgit/marks/in/:tip/', '-w', 'json')).kvs;
    expect(mark.version).toBe(1);
    await put(space, 'tip/a/b/1', null);
    expect(marks()).toHaveLength(3);
    await put(space, 'tip/c', 'x');
    await put(space, 'tip/a/b/2', null);
    expect(marks()).toEqual(['/kgit/marks/in/:tip/']);
  });

  it('are listed although they are filled and emptied at once, by several clients', async () => {
    const clients = Array.from({ length: 4 }, () => spaceAt(server.port, { store: 'race' }));
    for (let round = 0; round < 15; round++) {
      const racers = clients.map(async (client, n) => {
        await put(client, `tip/x/y/${n}`, 'x');
        await put(client, `tip/x/y/${n}`, null);
        await put(client, `tip/x/z/${n}`, round % 2 === 0 ? null : 'x');
      });
      await Promise.all(racers);
      const [space] = clients;
      expect(await space?.names('tip/x/', '', MS)).toEqual(round % 2 === 0 ? [] : ['z/']);
      expect(await space?.names('tip/', '', MS)).toEqual(round % 2 === 0 ? [] : ['x/']);
    }
  });
});
