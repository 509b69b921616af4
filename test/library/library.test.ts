import { afterEach, describe, expect, it } from 'vitest';
import {
  ConflictError,
  KgitError,
  NoRepositoryError,
  NotFoundError,
  openStore,
  RemoteError,
  SecretError,
  type Store,
  type StoreOptions,
  UsageError,
} from '../../src/library/library.js';
import { cloneOf, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgitJson } from '../support/kgit.js';
import { commits, offlineClone, sharedState, stateRepository } from '../support/state-repository.js';

const stores: Store[] = [];
const opened = async (path: string, options?: StoreOptions) => {
  const store = await openStore(path, options);
  stores.push(store);
  return store;
};
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('a store', () => {
  it('records an event as the command does: published, one commit, seen by other clones', async () => {
    const remote = sharedState();
    const store = await opened(cloneOf(remote), { user: 'ada', runId: 'ci-1' });
    const pushed = await store.pushEvent({
      subject: 'cluster/prod',
      action: 'cluster_created',
      parameters: { size: 3 },
    });
    expect(pushed).toMatchObject({
      subject: 'cluster/default/kcm-system/prod',
      delivery: 'published',
      attempts: 1,
    });
    expect(git(remote, 'show', '-s', '--format=%H %an', 'main')).toBe(`${pushed.revision} ada`);
    const { events } = await kgitJson(cloneOf(remote), ['log', 'prod']);
    expect(events).toMatchObject([
      { id: pushed.id, user: 'ada', run_id: 'ci-1', parameters: { size: 3 }, subject: pushed.subject },
    ]);
    expect((await store.head()).revision).toBe(pushed.revision);
  });

  it('takes a repeat of an id with the same content for success; other content is a conflict', async () => {
    const store = await opened(stateRepository());
    const event = { id: '01JZXK5B7Q3M8N2V4C6D9F0G1H', subject: 'cluster/prod', action: 'upgraded' };
    expect(await store.pushEvent(event)).toMatchObject({ isRepeat: false });
    expect(await store.pushEvent(event)).toMatchObject({ id: event.id, isRepeat: true });
    await expect(store.pushEvent({ ...event, action: 'other' })).rejects.toBeInstanceOf(ConflictError);
  });

  it('records many events as one commit, all or none', async () => {
    const path = stateRepository();
    const store = await opened(path);
    const before = commits(path);
    const event = (name: string) => ({ subject: `cluster/${name}`, action: 'upgraded' });
    expect(await store.pushEvents([event('a'), event('b')])).toMatchObject({ accepted: 2, duplicates: 0 });
    expect(commits(path)).toBe(before + 1);
    const failure = store.pushEvents([event('c'), event('NO')]);
    await expect(failure).rejects.toMatchObject({ code: 'USAGE', data: { rejected: [{ index: 1 }] } });
    expect(commits(path)).toBe(before + 1);
    expect((await store.list({ kind: 'cluster' })).map(({ subject }) => subject)).toEqual([
      'cluster/default/kcm-system/a',
      'cluster/default/kcm-system/b',
    ]);
  });

  it('reads, sets and unsets state, each change with its event', async () => {
    const store = await opened(stateRepository());
    expect(await store.get('deployment.phase')).toBe('setup_network');
    expect(await store.get()).toMatchObject({ deployment: { count: 3 } });
    expect(await store.get('deployment.nothing')).toBeUndefined();
    const set = await store.set(
      { 'deployment.phase': 'create_vms', 'kof.hosts': ['a', { b: 1 }] },
      { reason: 'go' },
    );
    expect(set.changed).toEqual([
      { path: 'deployment.phase', before: 'setup_network', after: 'create_vms' },
      { path: 'kof.hosts', after: ['a', { b: 1 }] },
    ]);
    expect(await store.get('kof.hosts.1.b')).toBe(1);
    expect(await store.unset(['kof', 'not.there'])).toMatchObject({ changed: [{ path: 'kof' }] });
    expect(await store.unset(['kof'])).toMatchObject({ changed: [], delivery: 'unchanged' });
    const events = await all(store.log({ subject: 'deployment/dep-a' }));
    expect(events).toMatchObject([{ changes: [{ path: 'kof' }] }, { reason: 'go', changes: set.changed }]);
  });

  it('writes only where its conditions hold', async () => {
    const path = stateRepository();
    const store = await opened(path);
    const { revision } = await store.head();
    const change = { 'deployment.phase': 'x' };
    await expect(store.set(change, { if: { 'deployment.phase': 'other' } })).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { path: 'deployment.phase', expected: 'other', actual: 'setup_network' },
    });
    await expect(store.set(change, { ifAbsent: ['deployment.phase'] })).rejects.toThrow(ConflictError);
    await store.set({ 'deployment.count': 4 }, { ifRevision: revision as string });
    await expect(store.set(change, { ifRevision: revision as string })).rejects.toThrow(ConflictError);
    expect(await store.get('deployment')).toMatchObject({ phase: 'setup_network', count: 4 });
    expect(await store.pending()).toEqual([]);
  });

  it('gives the log newest first, filtered, and reads as far as it is asked', async () => {
    const store = await opened(stateRepository());
    for (const [day, action] of [
      ['01', 'a'],
      ['02', 'b'],
      ['03', 'a'],
    ] as const)
      await store.pushEvent({ subject: 'cluster/prod', action, timestamp: `2025-07-${day}T00:00:00Z` });
    const actions = async (options: Parameters<Store['log']>[0]) =>
      (await all(store.log(options))).map(({ timestamp }) => timestamp.slice(8, 10));
    expect(await actions({})).toEqual(['03', '02', '01']);
    expect(await actions({ subject: 'cluster/prod', actions: ['a'] })).toEqual(['03', '01']);
    expect(await actions({ since: new Date('2025-07-02'), until: new Date('2025-07-03') })).toEqual(['02']);
    expect(await actions({ subject: 'cluster/unknown' })).toEqual([]);
    for await (const { action } of store.log()) {
      expect(action).toBe('a');
      break;
    }
  });

  it('keeps every write of many at a time', async () => {
    const remote = sharedState();
    const store = await opened(cloneOf(remote));
    const names = Array.from({ length: 12 }, (_, i) => `c${i}`);
    const pushed = await Promise.all(
      names.map((name) => store.pushEvent({ subject: `cluster/${name}`, action: 'upgraded' })),
    );
    expect(new Set(pushed.map(({ delivery }) => delivery))).toEqual(new Set(['published']));
    expect(await store.list({ kind: 'cluster' })).toHaveLength(names.length);
    expect(commits(remote, 'main')).toBe(1 + names.length);
  });

  it('queues, tells what waits, and publishes it with sync', async () => {
    const remote = sharedState();
    const store = await opened(cloneOf(remote));
    const queued = await store.pushEvent({ subject: 'cluster/prod', action: 'waits' }, { queue: true });
    expect(queued).toMatchObject({ delivery: 'queued', revision: null });
    expect(await store.pending()).toMatchObject([{ id: queued.operation, action: 'waits', error: null }]);
    expect(await store.head()).toMatchObject({ pending: 1 });
    expect(await all(store.log())).toMatchObject([{ action: 'waits' }]);
    expect(await store.sync()).toMatchObject({ published: [queued.operation], rejected: [], pending: 0 });
    expect(commits(remote, 'main')).toBe(2);
  });

  it('keeps what cannot be published now; in CI, and with a condition, that is an error', async () => {
    const path = offlineClone();
    const event = { subject: 'cluster/prod', action: 'waits' };
    const store = await opened(path);
    const { delivery, notes } = await store.pushEvent(event);
    expect(delivery).toBe('queued');
    expect(notes[0]).toContain('not published yet');
    await expect(store.get('', { fetch: 'always' })).rejects.toThrow(RemoteError);
    await expect(store.set({ 'kof.a': 1 }, { ifAbsent: ['kof'] })).rejects.toMatchObject({
      data: { kept: false },
    });
    const ci = await opened(path, { environment: { ...process.env, CI: 'true' } });
    await expect(ci.pushEvent(event)).rejects.toMatchObject({ code: 'REMOTE', data: { kept: true } });
    expect(await store.pending()).toHaveLength(2);
  });

  it('works on a URL without a clone', async () => {
    const remote = sharedState();
    const store = await opened(`file://${remote}`);
    expect(await store.pushEvent({ subject: 'cluster/prod', action: 'a' })).toMatchObject({
      delivery: 'published',
    });
    expect(commits(remote, 'main')).toBe(2);
  });
});

describe('what is wrong', () => {
  it('is a KgitError with its code, exit code and what to do', async () => {
    await expect(openStore(temporaryFolder())).rejects.toThrow(NoRepositoryError);
    await expect(openStore('.', { cwd: '/nowhere' })).rejects.toThrow(NoRepositoryError);
    const store = await opened(stateRepository());
    const secret = { subject: 'cluster/prod', action: 'a', message: 'password=hunter2hunter2' };
    await expect(store.pushEvent(secret)).rejects.toThrow(SecretError);
    expect(await store.pushEvent(secret, { allowSecret: 'a test' })).toMatchObject({ delivery: 'published' });
    const unknown = await store.set({ a: 1 }, { deployment: 'dep-b' }).catch((error: unknown) => error);
    expect(unknown).toBeInstanceOf(NotFoundError);
    expect(unknown).toBeInstanceOf(KgitError);
    expect(unknown).toMatchObject({
      code: 'NOT_FOUND',
      exitCode: 15,
      suggestions: expect.arrayContaining([expect.stringContaining('dep-a')]),
    });
    const bad: (() => Promise<unknown>)[] = [
      () => store.set({}),
      () => store.set({ a: Number.NaN }),
      () => store.set({ a: undefined as never }),
      () => store.set({ 'a..b': 1 }),
      () => store.unset([]),
      () => store.pushEvents([]),
      () => store.pushEvent({ subject: 'cluster/prod', action: 'NO' }),
      () => store.pushEvent({ subject: 'x/prod', action: 'a', changes: [] as never }),
      () => store.log({ since: new Date('x') }).next(),
    ];
    for (const call of bad) await expect(call()).rejects.toThrow(UsageError);
  });

  it('is told of a store that is closed', async () => {
    const store = await opened(stateRepository());
    await store.close();
    await expect(store.get()).rejects.toThrow('closed');
    await expect(store.pushEvent({ subject: 'cluster/a', action: 'a' })).rejects.toThrow(UsageError);
    await expect(store.pending()).rejects.toThrow(UsageError);
    await store.close();
  });

  it('takes user, deployment and settings from the environment that is handed in', async () => {
    const path = stateRepository({ 'deployments/dep-b/state.yaml': 'deployment:\n  phase: b\n' });
    const environment = { ...process.env, KGIT_USER: 'grace', KGIT_DEPLOYMENT: 'dep-b' };
    const store = await opened(path, { environment });
    expect(await store.get('deployment.phase')).toBe('b');
    expect(await store.get('deployment.phase', { deployment: 'dep-a' })).toBe('setup_network');
    await store.set({ 'deployment.phase': 'c' });
    expect(await all(store.log())).toMatchObject([{ user: 'grace', subject: 'deployment/dep-b' }]);
    const other = await opened(path, { environment: process.env });
    await expect(other.get()).rejects.toThrow(UsageError);
  });
});
