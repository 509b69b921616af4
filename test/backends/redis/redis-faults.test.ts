import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answerFault } from '../../../src/backends/redis/redis-faults.js';
import { RedisKeySpace } from '../../../src/backends/redis/redis-key-space.js';
import type { RedisOptions } from '../../../src/backends/redis/redis-options.js';
import { UsageError } from '../../../src/errors.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { expectBothFail, MS, put, readError } from '../../support/key-space-faults.js';
import { until } from '../../support/patience.js';
import { type CuttingProxy, cuttingProxy } from '../../support/servers/cutting-proxy.js';
import { type RedisServer, SAFE, startRedis } from '../../support/servers/redis-server.js';
import { freePort } from '../../support/servers/server-process.js';
import { serverCertificate } from '../../support/transport/certificates.js';
import { redisPlace } from './redis-place.js';

const PASSWORD = 'Kq7-hidden-Wz';
const open: RedisKeySpace[] = [];
const servers: (RedisServer | CuttingProxy)[] = [];

afterEach(async () => {
  for (const space of open.splice(0)) await space.close();
});

function spaceAt(port: number, more: Partial<RedisOptions> = {}): RedisKeySpace {
  const space = new RedisKeySpace(redisPlace(port, more));
  open.push(space);
  return space;
}

const bothFail = (space: RedisKeySpace, ...how: Parameters<typeof expectBothFail>[1]) =>
  expectBothFail(space, how, PASSWORD);

async function started(...args: Parameters<typeof startRedis>): Promise<RedisServer> {
  const server = await startRedis(...args);
  servers.push(server);
  return server;
}

let server: RedisServer;
beforeAll(async () => {
  server = await started({ args: [...SAFE, '--busy-reply-threshold', '20'] });
});
afterAll(async () => {
  for (const each of servers) await ('kill' in each ? each.kill() : each.stop());
});

describe('a server that is not there or does not let us in', () => {
  it('does not accept connections', async () => {
    await bothFail(spaceAt(await freePort(), { password: PASSWORD }), 'unreachable', 'connection-refused');
  });

  it('has another name', async () => {
    await bothFail(spaceAt(6379, { host: 'no-such-host.invalid' }), 'unreachable', 'name');
  });

  it('wants a password, has another one, or knows no such user', async () => {
    const { port } = await started({ args: [...SAFE, '--requirepass', PASSWORD] });
    await bothFail(spaceAt(port), 'denied', 'unauthorized');
    await bothFail(spaceAt(port, { password: `${PASSWORD}x` }), 'denied', 'unauthorized');
    await bothFail(spaceAt(port, { username: 'x', password: PASSWORD }), 'denied', 'unauthorized');
    expect(await put(spaceAt(port, { password: PASSWORD }))).toMatchObject({ kind: 'done' });
    expect(await put(spaceAt(port, { username: 'default', password: PASSWORD }))).toMatchObject({
      kind: 'done',
    });
  });

  it('lets the user do something else only', async () => {
    const { port } = await started({
      args: SAFE,
      config: `user reader on >${PASSWORD} ~kgit:{* -@all +info\nuser elsewhere on >${PASSWORD} ~x* +@all`,
    });
    await bothFail(spaceAt(port, { username: 'reader', password: PASSWORD }), 'denied', 'forbidden');
    await bothFail(spaceAt(port, { username: 'elsewhere', password: PASSWORD }), 'denied', 'forbidden');
    await bothFail(
      spaceAt(port, { username: 'reader', password: PASSWORD, database: 1 }),
      'denied',
      'forbidden',
    );
  });

  it('has no such database', async () => {
    await bothFail(spaceAt(server.port, { database: 99 }), 'denied', 'database');
  });

  it('has a certificate of an unknown authority, for another host, or asks for one', async () => {
    const certificate = serverCertificate('DNS:elsewhere.example');
    const folder = temporaryFolder('kgit-redis-tls-');
    writeFileSync(join(folder, 'cert.pem'), certificate.cert);
    writeFileSync(join(folder, 'key.pem'), certificate.key);
    const files = ['--tls-cert-file', join(folder, 'cert.pem'), '--tls-key-file', join(folder, 'key.pem')];
    const { port } = await started({
      isTls: true,
      args: [...SAFE, ...files, '--tls-ca-cert-file', certificate.authority],
    });
    const ca = readFileSync(certificate.authority, 'utf8');
    await bothFail(spaceAt(port, { tls: {} }), 'denied', 'certificate-authority');
    await bothFail(spaceAt(port, { tls: { ca } }), 'denied', 'certificate-host');
    const own = serverCertificate();
    writeFileSync(join(folder, 'cert.pem'), own.cert);
    writeFileSync(join(folder, 'key.pem'), own.key);
    const asks = await started({
      isTls: true,
      args: [...SAFE, ...files, '--tls-ca-cert-file', own.authority],
    });
    const known = { ca: readFileSync(own.authority, 'utf8') };
    await bothFail(spaceAt(asks.port, { tls: known }), 'denied', 'certificate-client');
    const password = { tls: known, username: 'u', password: PASSWORD };
    await bothFail(spaceAt(asks.port, password), 'denied', 'certificate-client');
  });

  it('takes no store whose name could leave its place', () => {
    expect(() => spaceAt(1, { store: 'a}:x' })).toThrow(UsageError);
    expect(() => spaceAt(1, { store: '' })).toThrow(UsageError);
  });
});

describe('a server that can lose acknowledged writes', () => {
  const unsafe = { kind: 'refused', error: { code: 'REFUSED', data: { cause: 'durability' } } };

  it('is refused without an append-only file, unless that is accepted', async () => {
    const { port } = await started({ args: ['--save', '', '--appendonly', 'no'] });
    const written = await put(spaceAt(port));
    expect(written).toMatchObject(unsafe);
    expect(written.kind === 'refused' && written.error.suggestions[0]).toContain('appendfsync always');
    expect(await spaceAt(port).get(['head'], MS)).toEqual([null]);
    expect(await put(spaceAt(port, { durability: 'none' }))).toMatchObject({ kind: 'done' });
    expect(await spaceAt(port).facts(MS)).toMatchObject({ hasAppendOnlyFile: false, isReplica: false });
  });

  it('is refused with eviction', async () => {
    const { port } = await started({ args: [...SAFE, '--maxmemory-policy', 'allkeys-lru'] });
    expect(await put(spaceAt(port))).toMatchObject(unsafe);
    expect(await put(spaceAt(port, { durability: 'none' }))).toMatchObject({ kind: 'done' });
  });

  it('tells how it keeps data, as far as the user may ask', async () => {
    const { port } = await started({
      args: SAFE,
      config: `user few on >${PASSWORD} ~kgit:{* -@all +info +ping`,
    });
    const facts = await spaceAt(port).facts(MS);
    expect(facts).toMatchObject({ program: 'redis', hasAppendOnlyFile: true, eviction: 'noeviction' });
    expect(facts.version).toMatch(/^\d+\.\d+/);
    expect(facts.fsync).toBe('always');
    expect((await spaceAt(port, { username: 'few', password: PASSWORD }).facts(MS)).fsync).toBeNull();
  });
});

describe('a server that cannot write now', () => {
  it('has no memory left: the write is refused, and none of it is there', async () => {
    const full = await started();
    const space = spaceAt(full.port);
    await put(space, 'tip/a', 'x'.repeat(2_000_000));
    await full.ask('CONFIG SET maxmemory 1mb');
    const puts = [
      { key: 'tip/b', value: 'b' },
      { key: 'tip/c', value: 'c' },
    ];
    expect(await space.write({ expect: new Map(), puts }, MS)).toMatchObject({
      kind: 'refused',
      error: { data: { cause: 'out-of-memory' } },
    });
    expect(await space.get(['tip/b', 'tip/c'], MS)).toEqual([null, null]);
    expect(await space.names('tip/', '', MS)).toEqual(['a']);
    // What is deleted makes room.
    expect(await put(space, 'tip/a', null)).toMatchObject({ kind: 'done' });
  });

  it('is a replica', async () => {
    const replica = await started({ args: [...SAFE, '--replicaof', '127.0.0.1', String(server.port)] });
    expect(await put(spaceAt(replica.port))).toMatchObject({
      kind: 'unreachable',
      error: { data: { cause: 'replica' } },
    });
  });

  it('is busy with a script', async () => {
    const space = spaceAt(server.port, { store: 'busy' });
    await put(space);
    const busy = server.ask('EVAL "while true do end" 0');
    await until(async () => (await server.ask('PING')).startsWith('-BUSY'));
    await bothFail(space, 'unreachable', 'busy');
    await server.ask('SCRIPT KILL');
    await busy;
    expect(await put(space)).toMatchObject({ kind: 'done' });
  });

  it('is still loading its data', async () => {
    const slow = ['--key-load-delay', '20000', '--loading-process-events-interval-bytes', '1024'];
    const loading = await started({ args: [...SAFE, ...slow], ready: /Server initialized/ });
    const space = spaceAt(loading.port);
    await until(async () => (await put(space)).kind === 'done');
    for (let n = 0; n < 100; n++) await put(space, `tip/${n}`, 'x'.repeat(2_000));
    await loading.ask('BGREWRITEAOF');
    await until(async () => (await loading.ask('INFO persistence')).includes('aof_last_bgrewrite_status:ok'));
    await until(async () => (await loading.ask('INFO persistence')).includes('aof_rewrite_in_progress:0'));
    await loading.kill();
    await loading.start();
    await bothFail(spaceAt(loading.port), 'unreachable', 'loading');
  });

  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'. script: 0f0f, on @user_script:9.", 'refused'],
    [
      'ERR Error running script (call to f_0f): @user_script:5: @user_script: 5: -OOM command not allowed',
      'refused',
    ],
    ['ERR Error running script (call to f_0f): @user_script:5: -READONLY You can not write', 'unreachable'],
    ['MISCONF Redis is configured to save RDB snapshots, but is unable to persist to disk', 'unreachable'],
    ['CLUSTERDOWN Hash slot not served', 'unreachable'],
    ['NOREPLICAS Not enough good replicas to write.', 'unreachable'],
    ['ERR max number of clients reached', 'unreachable'],
    ['DENIED Redis is running in protected mode', 'denied'],
    ["ERR unknown command 'EVALSHA', with args beginning with: 'secret'", 'denied'],
    ['ERR something new', 'unknown'],
  ])('%s', (answer, kind) => {
    expect(answerFault(answer).kind).toBe(kind);
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
    await until(async () => (await space.get(['tip/a'], MS))[0]?.value === 'x');
  });

  it('is on fewer replicas than asked for', async () => {
    const main = await started();
    const space = spaceAt(main.port, { waitReplicas: 1 });
    expect(await put(space, 'head', '1', 1_000)).toMatchObject({
      kind: 'unknown',
      error: { data: { cause: 'replicas' } },
    });
    await started({ args: [...SAFE, '--replicaof', '127.0.0.1', String(main.port)] });
    await until(async () => (await put(space, 'head', '2', 2_000)).kind === 'done');
  });
});

describe('a server that changes meanwhile', () => {
  it('is used again after a restart, and after it forgot the script', async () => {
    const again = await started();
    const space = spaceAt(again.port);
    await put(space);
    await again.ask('SCRIPT FLUSH');
    expect(await put(space, 'tip/a', 'x')).toMatchObject({ kind: 'done' });
    await again.kill();
    // The client may not have seen yet that its connection is gone.
    await expect(space.get(['head'], MS)).rejects.toThrow();
    await bothFail(space, 'unreachable', 'connection-refused');
    await again.start();
    expect(await space.get(['head', 'tip/a'], MS)).toMatchObject([{ value: '1' }, { value: 'x' }]);
    expect(await put(space, 'tip/b', 'y')).toMatchObject({ kind: 'done' });
  });

  it('ends a wait for changes when it goes away', async () => {
    const gone = await started();
    const space = spaceAt(gone.port);
    await put(space, 'head', '{"seq":1}');
    const waiting = space.changed({ seq: 1, version: null }, new AbortController().signal).then(
      () => null,
      (error: unknown) => error,
    );
    await until(async () => (await gone.ask('INFO clients')).includes('blocked_clients:1'));
    await gone.kill();
    expect(await waiting).toMatchObject({ data: { remote: 'unreachable' } });
  });

  it('is found by its sentinel, before and after a failover', async () => {
    const main = await started();
    const replica = await started({ args: [...SAFE, '--replicaof', '127.0.0.1', String(main.port)] });
    const sentinel = await started({
      args: ['--sentinel'],
      config: `sentinel monitor kgit-main 127.0.0.1 ${main.port} 1
sentinel down-after-milliseconds kgit-main 60000
sentinel failover-timeout kgit-main 20000`,
      ready: /\+monitor master/,
    });
    const place = { sentinels: [{ host: '127.0.0.1', port: sentinel.port }], master: 'kgit-main' };
    const space = spaceAt(1, place);
    expect(space.target).toBe(`redis+sentinel://127.0.0.1:${sentinel.port}/kgit-main/0#prod`);
    expect(await put(space)).toMatchObject({ kind: 'done' });
    await until(async () => (await replica.ask('INFO replication')).includes('master_link_status:up'));
    // It knows the replica only after a while.
    let answer = '';
    await until(
      async () => {
        answer = await sentinel.ask('SENTINEL FAILOVER kgit-main');
        return answer.startsWith('+OK');
      },
      () => answer,
      500,
    );
    // The sentinel ends the connections of all clients at about that time: that of this question, too, and a write in between is
    // `unknown`.
    await until(() =>
      main.ask('INFO replication').then(
        (text) => text.includes('role:slave'),
        () => false,
      ),
    );
    let written = await put(space, 'tip/a', 'x');
    if (written.kind === 'unknown') written = await put(space, 'tip/a', 'x');
    expect(written).toMatchObject({ kind: 'done' });
    await main.kill();
    expect(await space.get(['head', 'tip/a'], MS)).toMatchObject([{ value: '1' }, { value: 'x' }]);
    await bothFail(spaceAt(1, { ...place, master: 'other' }), 'unreachable', 'network');
  });

  it('has the store on another node of a cluster', async () => {
    const [one, two] = [
      await started({ args: [...SAFE, '--cluster-enabled', 'yes'] }),
      await started({ args: [...SAFE, '--cluster-enabled', 'yes'] }),
    ];
    await two.ask('CLUSTER ADDSLOTSRANGE 0 16383');
    await one.ask(`CLUSTER MEET 127.0.0.1 ${two.port}`);
    for (const node of [one, two])
      await until(async () => (await node.ask('CLUSTER INFO')).includes('cluster_state:ok'));
    const space = spaceAt(one.port);
    expect(await put(space)).toMatchObject({ kind: 'done' });
    expect(await put(space, 'tip/a/b', 'x')).toMatchObject({ kind: 'done' });
    expect(await space.names('tip/', '', MS)).toEqual(['a/']);
  });
});
