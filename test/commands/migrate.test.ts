import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bareRepository, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';
import { type EtcdServer, startEtcd } from '../support/servers/etcd-server.js';
import { type RedisServer, startRedis } from '../support/servers/redis-server.js';
import { stateRepository } from '../support/state-repository.js';

const root = temporaryFolder('kgit-migrate-');
let redis: RedisServer;
let etcd: EtcdServer;
const first = join(root, 'first');

beforeAll(async () => {
  [redis, etcd] = await Promise.all([startRedis(), startEtcd()]);
  await kgitJson(root, ['init', first, '--deployment', 'd1']);
});

afterAll(async () => {
  await Promise.all([redis.kill(), etcd.kill()]);
  rmSync(root, { recursive: true });
});

/** Runs kgit on a store; it must end well. */
async function on(repo: string, ...args: string[]) {
  return kgitJson(root, [...args, '--repo', repo]);
}

/** Everything that users see of a store. */
async function contentOf(repo: string) {
  const log = await on(repo, 'log', '--limit', '100');
  const state = await on(repo, 'get');
  const locks = await on(repo, 'locks');
  return [
    log.events.map(({ id, action, timestamp }: Record<string, string>) => [id, action, timestamp]),
    state.value,
    locks.locks.map(({ name, token }: Record<string, string>) => [name, token]),
  ];
}

it('moves a store through every kind of back end, and each old id still names its revision', async () => {
  await on(first, 'push-event', 'cluster_created', '--cluster', 'prod');
  await on(first, 'push-event', 'noted', '--cluster', 'prod', '--id', '01JXS2ZSHEXTK9FDQV7G7M2H5J');
  await on(first, 'set', 'deployment.region=eu');
  const then = git(first, 'rev-parse', 'main');
  await on(first, 'set', 'deployment.region=us');
  expect((await on(first, 'compact', '--before', 'today')).sealed).toHaveLength(1);
  await on(first, 'lock', 'net', '--ttl', '10m');
  writeFileSync(join(first, 'logo.png'), Buffer.from([0x89, 0xff]));
  git(first, 'add', 'logo.png');
  git(first, 'commit', '--quiet', '-m', 'logo');
  const content = await contentOf(first);
  const revisions = Number(git(first, 'rev-list', '--count', 'main'));
  const line = [
    first,
    `sqlite:${join(root, 'state.db')}`,
    `file:${join(root, 'files')}`,
    `etcd://127.0.0.1:${etcd.port}#team`,
    `redis://127.0.0.1:${redis.port}/0#team`,
    join(root, 'git'),
  ];
  for (const [i, to] of line.slice(1).entries()) {
    const from = line[i] ?? '';
    const planned = await on(from, 'migrate', '--to', to, '--dry-run');
    expect(planned).toMatchObject({ dryRun: true, revisions, tooLarge: [], resumes: false });
    const migrated = await on(from, 'migrate', '--to', to);
    expect(migrated).toMatchObject({ revisions, locks: 1, configuration: { repo: to } });
    expect(migrated.left).toEqual(i === 0 ? ['logo.png: not UTF-8 text'] : []);
    expect(await contentOf(to)).toEqual(content);
    expect((await on(to, 'get', 'deployment.region', '--at', then)).value).toBe('eu');
    const left = await kgit(root, ['get', '--repo', from]);
    expect(left).toMatchObject({ code: 14, stderr: expect.stringContaining(`moved to "${to}"`) });
  }
  const [last = ''] = line.slice(-1);
  expect((await on(last, 'verify')).findings).toEqual([]);
  expect(git(last, 'status', '--porcelain')).toBe('');
  expect(git(last, 'log', '--format=%cI %an')).toBe(git(first, 'log', '--format=%cI %an', 'HEAD~1'));
});

it('moves from git to Redis and back, with what came since, and what waited', async () => {
  const from = stateRepository();
  await on(from, 'push-event', 'cluster_created', '--cluster', 'prod');
  await on(from, 'push-event', 'waited', '--cluster', 'prod', '--queue');
  const to = `redis://127.0.0.1:${redis.port}/0#back`;
  expect(await on(from, 'migrate', '--to', to)).toMatchObject({ waiting: 1 });
  await on(to, 'push-event', 'since', '--cluster', 'prod');
  const archive = join(root, 'back.ndjson.gz');
  const restored = `sqlite:${join(root, 'restored.db')}`;
  expect(await on(to, 'backup', archive)).toMatchObject({ path: archive });
  expect(await on(restored, 'restore', archive)).toMatchObject({ operations: 0, remote: null });
  expect(await contentOf(restored)).toEqual(await contentOf(to));
  expect((await on(restored, 'log')).repository.revision).toBe((await on(to, 'log')).repository.revision);
  expect(await on(from, 'migrate', '--to', to, '--undo')).toMatchObject({ undone: true, revisions: 2 });
  const { events } = await on(from, 'log', 'prod');
  expect(events.map(({ action }: { action: string }) => action)).toEqual([
    'cluster_created',
    'waited',
    'since',
  ]);
  const again = await kgit(root, ['migrate', '--to', to, '--repo', from]);
  expect(again).toMatchObject({ code: 12, stderr: expect.stringContaining('is not empty') });
  rmSync(from, { recursive: true });
});

it('fills an empty repository on a git server', async () => {
  const to = `file://${bareRepository()}`;
  const from = `file:${join(root, 'from')}`;
  mkdirSync(join(root, 'empty'));
  await on(from, 'init', '--deployment', 'd1');
  expect(await on(from, 'migrate', '--to', to)).toMatchObject({ to, configuration: { repo: to } });
  expect((await on(to, 'get', 'deployment.deployment_id')).value).toBe('d1');
  const self = await kgit(root, ['migrate', '--to', to, '--repo', to]);
  expect(self).toMatchObject({ code: 2, stderr: expect.stringContaining('is the store itself') });
});
