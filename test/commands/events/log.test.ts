import { beforeAll, describe, expect, it } from 'vitest';
import { cloneOf } from '../../support/git-fixtures.js';
import { inTurn, type KgitRun, kgit, kgitJson, startKgit } from '../../support/kgit.js';
import {
  expectFailure,
  expectResult,
  offlineClone,
  sharedState,
  stateRepository,
} from '../../support/state-repository.js';

const EVENTS = [
  {
    subject: 'cluster/prod',
    action: 'created',
    timestamp: '2025-07-10T23:59:59.999Z',
    user: 'ada',
    run_id: 'r1',
  },
  {
    subject: 'cluster/prod',
    action: 'scaled',
    timestamp: '2025-07-11T00:00:00Z',
    user: 'grace',
    outcome: 'failed',
  },
  {
    subject: 'deployment/dep-a',
    action: 'noted',
    timestamp: '2025-07-11T12:00:00Z',
    user: 'ada',
    phase: 'create_vms',
  },
  {
    subject: 'cluster/prod',
    action: 'deleted',
    timestamp: '2025-07-12T00:00:00Z',
    user: 'alan',
    notes: 'A WireGuard key',
  },
];
const actions = (json: KgitRun['json']) => json.events.map(({ action }: { action: string }) => action);

describe('kgit log', () => {
  let path: string;
  const log = (...args: string[]) => kgitJson(path, ['log', ...args]);

  beforeAll(async () => {
    path = stateRepository();
    const input = EVENTS.map((event) => JSON.stringify(event)).join('\n');
    await kgitJson(path, ['push-event', '--stdin'], { input });
  });

  it('gives each event as stored plus its subject, newest last', async () => {
    const json = await log();
    expectResult(json, 'Log');
    expect(json.next).toBeNull();
    expect(actions(json)).toEqual(['created', 'scaled', 'noted', 'deleted']);
    expect(json.events[0]).toMatchObject({ ...EVENTS[0], subject: 'cluster/default/kcm-system/prod' });
    expect(actions(await log('--reverse'))).toEqual(['deleted', 'noted', 'scaled', 'created']);
  });

  it.concurrent.each([
    [['--action', 'created', '--action', 'noted', '--user', 'ada', '--phase', 'create_vms'], ['noted']],
    [['--run', 'r1', '--outcome', 'failed'], []],
    [
      ['--grep', 'GRACE', '--grep', 'vms'],
      ['scaled', 'noted'],
    ],
    [
      ['--on', '2025-07-11'],
      ['scaled', 'noted'],
    ],
    [['--since', '2025-07-11 12:00', '--until', '2025-07-12T00:00:00Z'], ['noted']],
    [
      ['kcm-system/prod', '--reverse', '--limit', '2'],
      ['deleted', 'scaled'],
    ],
  ])('filters by %j', async (args, expected) => {
    expect(actions(await log(...(args as string[])))).toEqual(expected);
  });

  it('pages back with next and --before, on with --after', async () => {
    const first = await log('--limit', '3');
    expect(actions(first)).toEqual(['scaled', 'noted', 'deleted']);
    expect(first.next).toBe(first.events[0].id);
    const second = await log('--limit', '3', '--before', first.next);
    expect([actions(second), second.next]).toEqual([['created'], null]);
    expect(actions(await log('--after', first.events[0].id))).toEqual(['noted', 'deleted']);
  });

  it('refuses bad words (2), and an id or subject of which nothing is recorded (15)', async () => {
    const usage = [
      ['--since', 'soonish'],
      ['--limit', '0'],
      ['-f', '--reverse'],
    ];
    const missing = [['--before', '01JZXK5B7Q3M8N2V4C6D9F0G1H'], ['cluster/none']];
    const run = (args: string[]) => kgit(path, ['log', '--json', ...args]);
    for (const failed of await Promise.all(usage.map(run))) expectFailure(failed, 'USAGE', 2);
    for (const failed of await Promise.all(missing.map(run))) expectFailure(failed, 'NOT_FOUND', 15);
  });

  it('prints lines for people, every field with -o wide, ids with -o name, one event a line with -o jsonl', async () => {
    const [text, wide, name, jsonl, utc] = await inTurn([
      () => kgit(path, ['log'], { env: { TZ: 'Asia/Tokyo' } }),
      () => kgit(path, ['log', '-o', 'wide']),
      () => kgit(path, ['log', '-o', 'name']),
      () => kgit(path, ['log', '-o', 'jsonl']),
      () => kgit(path, ['log', '--utc'], { env: { TZ: 'Asia/Tokyo' } }),
    ]);
    expect(text.stdout).toContain('2025-07-11 09:00:00+09:00');
    expect(utc.stdout).toContain('2025-07-11 00:00:00Z');
    expect(wide.stdout).toContain('A WireGuard key');
    const events = jsonl.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events).toHaveLength(4);
    expect(name.stdout).toBe(events.map(({ id }) => `${id}\n`).join(''));
  });
});

describe('kgit log of what is published and what waits', () => {
  it('gives what waits last', async () => {
    const path = offlineClone();
    await kgitJson(path, [
      'push-event',
      'waiting',
      '--cluster',
      'a',
      '--timestamp',
      '2025-01-01T00:00:00Z',
      '--queue',
    ]);
    await kgitJson(path, ['set', 'deployment.count=5', '--queue']);
    const json = await kgitJson(path, ['log', '--no-fetch']);
    expect(actions(json)).toEqual(['waiting', 'state_changed']);
    expect(json.repository.pending).toBe(2);
  });

  it('goes on with -f: prints new events, also those of an earlier time and of other clones, each once', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    await kgitJson(path, ['push-event', 'first', '--cluster', 'prod']);
    const child = startKgit(path, ['log', 'prod', '-f', '-o', 'jsonl'], { env: { KGIT_READ_MAX_AGE: '0s' } });
    let said = '';
    const until = (word: string) =>
      new Promise<void>((resolve) => {
        const look = () => said.includes(`"${word}"`) && resolve();
        child.stdout.on('data', look);
        look();
      });
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    await until('first');
    await kgitJson(path, [
      'push-event',
      'backdated',
      '--cluster',
      'prod',
      '--timestamp',
      '2025-01-01T00:00:00Z',
    ]);
    await until('backdated');
    await kgitJson(cloneOf(remote), ['push-event', 'second', '--cluster', 'prod']);
    await until('second');
    const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
    child.kill('SIGINT');
    expect([130, 'SIGINT']).toContain(await ended);
    const lines = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).action);
    expect(lines).toEqual(['first', 'backdated', 'second']);
  });
});
