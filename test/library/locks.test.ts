import { afterEach, describe, expect, it } from 'vitest';
import {
  ConflictError,
  FencedError,
  type KgitError,
  LockHeldError,
  NotFoundError,
  openStore,
  RemoteError,
  type Store,
  UsageError,
} from '../../src/library/library.js';
import { cloneOf, git } from '../support/git-fixtures.js';
import { kgitJson } from '../support/kgit.js';
import { sharedState, stateRepository } from '../support/state-repository.js';

const REF = 'refs/kgit/locks/network';
const touched = { subject: 'cluster/prod', action: 'touched' };

const stores: Store[] = [];
async function opened(path: string, environment?: Record<string, string | undefined>): Promise<Store> {
  const store = await openStore(path, { user: 'ada', ...(environment ? { environment } : {}) });
  stores.push(store);
  return store;
}
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

describe('a lock of a program', () => {
  it('is held, shown, written under, renewed by each write, and given back', async () => {
    const remote = sharedState();
    const [one, two] = [await opened(cloneOf(remote)), await opened(cloneOf(remote))];
    const lease = await one.lock('network', { ttl: 60_000, reason: 'peering' });
    expect(lease).toMatchObject({ name: 'network', token: 1, broke: null });
    const held = { name: 'network', token: 1, holder: 'ada', reason: 'peering' };
    expect(await two.locks()).toMatchObject([{ ...held, isOurs: false }]);
    expect(await one.locks({ fetch: 'never' })).toMatchObject([{ ...held, isOurs: true }]);
    await expect(two.lock('network')).rejects.toBeInstanceOf(LockHeldError);
    await expect(two.pushEvent(touched, { lock: 'network' })).rejects.toBeInstanceOf(LockHeldError);
    expect(await one.pushEvent(touched, { lock: 'network' })).toMatchObject({ delivery: 'published' });
    await one.set({ 'kof.version': '2' }, { lock: 'network' });
    expect(git(remote, 'log', '--format=%s', REF).match(/renewed by ada/g)).toHaveLength(2);
    await lease.release();
    await lease.release();
    expect(await two.locks()).toEqual([]);
    await expect(one.pushEvent(touched, { lock: 'network' })).rejects.toBeInstanceOf(ConflictError);
    expect(await (await two.lock('network')).release()).toBeUndefined();
  });

  it('is waited for, and who waits is told once for whom', async () => {
    const remote = sharedState();
    const [one, two] = [await opened(cloneOf(remote)), await opened(cloneOf(remote))];
    const lease = await one.lock('network');
    const told: string[] = [];
    const waiting = two.lock('network', {
      wait: 60_000,
      onWait: ({ holder }) => {
        told.push(holder);
        void lease.release();
      },
    });
    expect((await waiting).token).toBe(2);
    expect(told).toEqual(['ada']);
  });

  it('is renewed at a third of its time to live while the program works', async () => {
    const remote = sharedState();
    const [one, two] = [await opened(cloneOf(remote)), await opened(cloneOf(remote))];
    const lease = await one.lock('network', { ttl: 9_000 });
    const renewed = () => git(remote, 'log', '--format=%s', REF).includes('renewed by ada');
    while (!renewed()) await expect(two.lock('network')).rejects.toBeInstanceOf(LockHeldError);
    expect(Date.now() - lease.acquiredAt.getTime()).toBeGreaterThanOrEqual(3_000);
    expect(lease.signal.aborted).toBe(false);
    await lease.release();
  });

  it('that somebody ends is lost: the program is told, writes under it are fenced, and an event says who did it', async () => {
    const remote = sharedState();
    const [one, two] = [await opened(cloneOf(remote)), await opened(cloneOf(remote))];
    const lease = await one.lock('network', { ttl: 9_000 });
    const lost = new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
    const ended = await two.breakLock('network', { reason: 'build-7 is gone' });
    expect(ended).toMatchObject({ name: 'network', token: 1, holder: 'ada' });
    expect(git(remote, 'rev-parse', 'main')).toBe(ended.revision);
    const tip = await two.lock('network');
    await expect(one.pushEvent(touched, { lock: 'network' })).rejects.toBeInstanceOf(FencedError);
    expect(git(remote, 'rev-parse', 'main')).toBe(ended.revision);
    await lost;
    expect(lease.signal.reason).toBeInstanceOf(FencedError);
    await expect(lease.release()).rejects.toBe(lease.signal.reason);
    await tip.release();
    const { events } = await kgitJson(cloneOf(remote), ['log', 'lock/network']);
    expect(events).toMatchObject([
      {
        id: ended.event,
        action: 'lock_broken',
        user: 'ada',
        reason: 'build-7 is gone',
        parameters: { token: 1 },
      },
    ]);
    await expect(two.breakLock('network')).rejects.toBeInstanceOf(NotFoundError);
  });

  it('of the clone, or of the command that the program runs under, is written under by its name', async () => {
    const path = stateRepository();
    const { token } = await kgitJson(path, ['lock', 'network', '--ttl', '1m']);
    const store = await opened(path);
    await store.pushEvent(touched, { lock: 'network' });
    await kgitJson(path, ['unlock', 'network']);
    expect(token).toBe(1);
    const lease = await store.lock('network');
    const renewals = () => git(path, 'log', '--format=%s', REF).match(/renewed/g)?.length;
    expect(renewals()).toBe(1);
    const { lease: id } = JSON.parse(git(path, 'log', '-1', '--format=%b', REF));
    const below = await opened(path, { ...process.env, KGIT_LEASE: `network:2:${id}` });
    await below.pushEvent(touched);
    await below.pushEvent(touched, { lock: 'network' });
    expect(renewals()).toBe(3);
    await lease.release();
  });

  it('is asked for with good options, and a write under it is not kept where the remote is away', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    const store = await opened(path);
    await expect(store.lock('Bad Name')).rejects.toBeInstanceOf(UsageError);
    await expect(store.lock('network', { ttl: 10 })).rejects.toThrow('ttl is a number of milliseconds');
    await expect(store.lock('network', { wait: Number.NaN })).rejects.toThrow('wait is a number');
    const lease = await store.lock('network');
    git(path, 'remote', 'set-url', 'origin', 'http://127.0.0.1:1/x.git');
    const away = await opened(path);
    await expect(away.locks({ fetch: 'always' })).rejects.toBeInstanceOf(RemoteError);
    expect(await away.locks({ fetch: 'never' })).toMatchObject([{ name: 'network' }]);
    const told: KgitError[] = [];
    expect(await away.locks({ onStale: (why) => told.push(why) })).toMatchObject([{ name: 'network' }]);
    expect(told).toEqual([expect.any(RemoteError)]);
    await expect(away.pushEvent(touched, { lock: 'network' })).rejects.toBeInstanceOf(RemoteError);
    expect(await away.pending()).toEqual([]);
    git(path, 'remote', 'set-url', 'origin', remote);
    await lease.release();
  });
});
