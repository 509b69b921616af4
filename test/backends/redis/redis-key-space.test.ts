import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisKeySpace } from '../../../src/backends/redis/redis-key-space.js';
import type { RedisOptions } from '../../../src/backends/redis/redis-options.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { keySpaceContract } from '../../support/key-space-contract.js';
import { type RedisServer, SAFE, startRedis } from '../../support/servers/redis-server.js';
import { clientCertificate, serverCertificate } from '../../support/transport/certificates.js';
import { redisPlace } from './redis-place.js';

let server: RedisServer;
/** With mutual TLS, and a user who has the rights that the documentation lists, and no others. */
let strict: RedisServer;
let strictPlace: Partial<RedisOptions>;
let stores = 0;

const RIGHTS =
  '~kgit:{* -@all +eval +evalsha +get +mget +set +del +exists +zadd +zrem +zrange +zrangebylex +zrevrangebylex +xadd +xread +info +wait +ping';

beforeAll(async () => {
  server = await startRedis();
  const certificate = serverCertificate();
  const folder = temporaryFolder('kgit-redis-tls-');
  writeFileSync(join(folder, 'cert.pem'), certificate.cert);
  writeFileSync(join(folder, 'key.pem'), certificate.key);
  const tls = ['--tls-cert-file', join(folder, 'cert.pem'), '--tls-key-file', join(folder, 'key.pem')];
  strict = await startRedis({
    isTls: true,
    args: [...SAFE, ...tls, '--tls-ca-cert-file', certificate.authority],
    config: `user default off\nuser kgit on >of-the-test ${RIGHTS}`,
  });
  strictPlace = {
    username: 'kgit',
    password: 'of-the-test',
    tls: { ca: readFileSync(certificate.authority, 'utf8'), ...clientCertificate(certificate, 'kgit') },
  };
});
afterAll(() => Promise.all([server.kill(), strict.kill()]));

keySpaceContract('Redis', {
  open: async () => {
    stores += 1;
    return new RedisKeySpace(redisPlace(server.port, { store: `s${stores}` }));
  },
  another: async () => new RedisKeySpace(redisPlace(server.port, { store: `s${stores}` })),
});

keySpaceContract('Redis with mutual TLS and a user of few rights', {
  open: async () => {
    stores += 1;
    return new RedisKeySpace(redisPlace(strict.port, { ...strictPlace, store: `s${stores}` }));
  },
  another: async () => new RedisKeySpace(redisPlace(strict.port, { ...strictPlace, store: `s${stores}` })),
});

describe('what people find in redis-cli', () => {
  it('is a key per value, a sorted set per folder and a feed', async () => {
    const space = new RedisKeySpace(redisPlace(server.port, { store: 'layout' }));
    const puts = [
      { key: 'head', value: '{"seq":7}' },
      { key: 'state/d1/deployment/phase', value: 'create_vms' },
    ];
    await space.write({ expect: new Map(), puts }, 10_000);
    expect(await server.ask('GET kgit:{layout}:state/d1/deployment/phase')).toContain('create_vms');
    expect(await server.ask('ZRANGE kgit:{layout}:in/state/d1/ 0 -1')).toContain('deployment/');
    expect(await server.ask('XREVRANGE kgit:{layout}:feed + -')).toContain('7-0');
    await space.write({ expect: new Map(), puts: [{ key: 'head', value: '{"seq":3}' }] }, 10_000);
    expect(await server.ask('XREVRANGE kgit:{layout}:feed + -')).toMatch(/^\*1\r\n.*3-0/s);
    const deletion = [{ key: 'state/d1/deployment/phase', value: null }];
    await space.write({ expect: new Map(), puts: deletion }, 10_000);
    expect(await server.ask('EXISTS kgit:{layout}:in/state/ kgit:{layout}:in/state/d1/')).toBe(':0\r\n');
    await space.close();
  });

  it('lies in the database that was asked for', async () => {
    const space = new RedisKeySpace(redisPlace(server.port, { store: 'five', database: 5 }));
    await space.write({ expect: new Map(), puts: [{ key: 'head', value: 'x' }] }, 10_000);
    expect(await server.ask('EXISTS kgit:{five}:head')).toBe(':0\r\n');
    expect(await server.ask('SELECT 5\r\nEXISTS kgit:{five}:head')).toMatch(/^\+OK/);
    expect(space.target).toBe(`redis://127.0.0.1:${server.port}/5#five`);
    await space.close();
  });
});
