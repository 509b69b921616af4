/** `fallback: file` on real servers that go away and come back, through the built program. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startEtcd } from '../../support/servers/etcd-server.js';
import { startRedis } from '../../support/servers/redis-server.js';
import type { ServerProcess } from '../../support/servers/server-process.js';
import { Machine } from './machine.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const servers: ServerProcess[] = [];
afterAll(() => Promise.all(servers.map((server) => server.kill())));

const redis = async () => {
  const server = await startRedis();
  servers.push(server);
  return { ...server, address: (store: string) => `redis://127.0.0.1:${server.port}/0#${store}` };
};
const etcd = async () => {
  const server = await startEtcd();
  servers.push(server);
  return { ...server, address: (store: string) => `etcd://127.0.0.1:${server.port}#${store}` };
};

const STALE = /^answered from what is here, fetched 24h ago: .*/m;

describe.each([
  ['Redis', redis],
  ['etcd', etcd],
])('while %s is away', (_name, start) => {
  it('reads come from the copy with their age, plain writes wait, and conditions and locks are refused', async () => {
    const server = await start();
    const ada = new Machine(server.address('prod'));
    await server.kill();
    const first = await ada.fails(16, 'push-event', 'cluster_created', '--cluster', 'prod');
    expect(first.suggestions.join()).toContain('No copy is kept on this machine yet');
    expect(await ada.waiting()).toBe(0);
    await server.start();
    await ada.ok('init', '--deployment', 'd1');
    await ada.ok('set', 'deployment.region=eu');
    const then = (await ada.run('list', '--json')).json.repository.revision as string;
    await ada.ok('set', 'deployment.region=us');
    await ada.ok('push-event', 'cluster_created', '--cluster', 'prod');
    await server.kill();
    // A day passes.
    const known = join(ada.local, 'known.json');
    const seen = JSON.parse(readFileSync(known, 'utf8')) as { at: number };
    writeFileSync(known, JSON.stringify({ ...seen, at: seen.at - DAY_MS }));
    for (const [args, shows] of [
      [['get', 'deployment.region'], /^us$/m],
      [['get', 'deployment.region', '--at', then], /^eu$/m],
      [['log'], /cluster_created/],
      [['list'], /cluster\/default/],
      [['history'], /"us"/],
      [['diff', then], /region/],
      [['status', '--offline'], /prod/],
      [['verify'], /(?:)/],
    ] as const) {
      const read = await ada.run(...args);
      expect(read.code, `${args.join(' ')}: ${read.stderr}`).toBe(0);
      expect(read.stdout).toMatch(shows);
      expect(read.stderr, args.join(' ')).toMatch(STALE);
    }
    expect((await ada.run('get', 'deployment.region', '--no-fetch')).stderr).toMatch(/fetched 24h ago$/m);
    for (const args of [
      ['get', 'deployment.region', '--fetch'],
      ['set', 'deployment.region=asia', '--if', 'deployment.region=us'],
      ['push-event', 'node_added', '--cluster', 'prod', '--lock', 'network'],
      ['phase', 'start', 'create_vms'],
      ['lock', 'network'],
      ['locks'],
      ['unlock', 'network'],
      ['sync'],
    ])
      await ada.fails(16, ...args);
    expect(await ada.waiting()).toBe(0);
    await ada.ok('push-event', 'node_added', '--cluster', 'prod');
    await ada.ok('set', 'deployment.region=africa');
    await ada.ok('set', 'deployment.zone=b', '--if-absent', 'deployment.zone', '--queue');
    await ada.fails(16, 'push-event', 'node_removed', '--cluster', 'prod', '--require-publish');
    expect(await ada.waiting()).toBe(4);
    expect(await ada.ok('get', 'deployment.region')).toBe('africa\n');
    const { checks } = (await ada.run('doctor', '--json')).json as {
      checks: { name: string; ok: boolean }[];
    };
    expect(checks.find(({ name }) => name === 'copy')).toMatchObject({ ok: true });
    expect(await ada.ok('config', 'fallback')).toBe('file\n');
    // Somebody else writes before this machine is back.
    await server.start();
    const bob = new Machine(server.address('prod'));
    await bob.ok('set', 'deployment.region=antarctica', 'deployment.zone=a');
    const synced = (await ada.run('sync', '--json')).json;
    expect(synced).toMatchObject({ pending: 0, rejected: [{ code: 'CONFLICT' }] });
    expect(synced.published).toHaveLength(3);
    expect(await ada.ok('get', 'deployment.region')).toBe('africa\n');
    expect(await ada.ok('get', 'deployment.zone')).toBe('a\n');
    const history = await ada.ok('history', 'deployment.region');
    expect(history).toMatch(/antarctica/);
    await server.kill();
    expect(await ada.ok('get', 'deployment.zone')).toBe('a\n');
  });
});
