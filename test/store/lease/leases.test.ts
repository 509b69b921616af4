import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FencedError, LockHeldError, NotFoundError, RefusedError, RemoteError } from '../../../src/errors.js';
import { claimOf } from '../../../src/model/lease/lease.js';
import { formatSubject } from '../../../src/model/subject/subject.js';
import { author, clone, MS, TTL } from '../../support/lease-clones.js';
import { MemoryStore } from '../../support/memory-store.js';
import { commit, swapAll } from '../../support/store-contract.js';
import { anId, eventOperation, fakeClock, T0 } from '../../support/store-fixtures.js';

const write = (claim: ReturnType<typeof claimOf>, action = 'touched') => ({
  ...eventOperation(action),
  claim,
});
const options = { queue: false, requirePublish: true, dryRun: false, withdraw: true, deadline: T0 + TTL };

describe('acquiring', () => {
  it('gives one holder after another tokens that rise, and keeps the lease in a private folder', async () => {
    const store = new MemoryStore();
    const [one, two] = [clone(store, 'one'), clone(store, 'two')];
    const first = await one.take();
    expect(first).toMatchObject({ record: { token: 1, acquiredAt: T0 }, broke: null });
    expect(statSync(join(one.folder, 'leases')).mode & 0o777).toBe(0o700);
    expect(statSync(join(one.folder, 'leases/network')).mode & 0o777).toBe(0o600);
    const held = await two.take().catch((error: unknown) => error as LockHeldError);
    expect(held).toBeInstanceOf(LockHeldError);
    expect((held as LockHeldError).data).toMatchObject({
      ...{ name: 'network', token: 1, holder: 'ada', host: 'one' },
      ...{ since: new Date(T0).toISOString(), expiresAt: new Date(T0 + TTL).toISOString() },
    });
    expect((held as LockHeldError).message).toContain(
      'held by ada on one since 2025-07-11T14:30:00.000Z, expires',
    );
    // Not even the same clone takes it twice.
    await expect(one.take()).rejects.toThrow(LockHeldError);
    await one.leases.release(claimOf(first.record), author, MS);
    expect((await two.take()).record.token).toBe(2);
    expect(await one.leases.list(MS)).toMatchObject({
      standings: [{ record: { token: 2 }, isOurs: false }],
      broken: [],
    });
  });

  it('waits with full jitter and is told once for whom', async () => {
    const store = new MemoryStore();
    const clock = fakeClock();
    const [one, two] = [clone(store, 'one', clock), clone(store, 'two', clock)];
    const { record } = await one.take();
    const waiting = two.take({ wait: 10_000 });
    const sleep = clock.sleep;
    let looks = 0;
    clock.sleep = async (ms) => {
      if (++looks === 4) await one.leases.release(claimOf(record), author, MS);
      return sleep(ms);
    };
    expect((await waiting).record.token).toBe(2);
    expect(two.told).toEqual(['one']);
    expect(clock.slept.slice(0, 4)).toEqual([100, 200, 400, 800]);
    await expect(one.take({ wait: 3_000 })).rejects.toThrow(LockHeldError);
  });
});

describe('waiting for a lock', () => {
  it('does not take it once the store has moved', async () => {
    const store = new MemoryStore();
    const clock = fakeClock();
    const [one, two] = [clone(store, 'one', clock), clone(store, 'two', clock)];
    const { record } = await one.take();
    const sleep = clock.sleep;
    clock.sleep = async (ms) => {
      clock.sleep = sleep;
      await one.leases.release(claimOf(record), author, MS);
      const { revision } = await store.head();
      await swapAll(store, revision, [commit({ 'kgit.yaml': 'apiVersion: kgit/moved\n' })]);
      return sleep(ms);
    };
    await expect(two.take({ wait: 10_000 })).rejects.toMatchObject({ code: 'INVALID_STATE' });
    expect((await store.leases.read('network', MS))?.record.action).toBe('release');
  });
});

describe('an expired lease', () => {
  it('is taken over after a TTL of looking on, which is recorded', async () => {
    const store = new MemoryStore();
    const clock = fakeClock();
    const [one, two] = [clone(store, 'one', clock), clone(store, 'two', clock)];
    const { record } = await one.take();
    await clock.sleep(10 * TTL);
    // Expired long ago by its commit, but seen for the first time just now.
    await expect(two.take()).rejects.toThrow(LockHeldError);
    await clock.sleep(TTL - 1);
    await expect(two.take()).rejects.toThrow(LockHeldError);
    await clock.sleep(1);
    const taken = await two.take();
    expect(taken).toMatchObject({
      record: { token: 2 },
      broke: { previous: { name: 'ada', host: 'one', token: 1 }, unrecorded: null },
    });
    await expect(one.leases.renew(claimOf(record), author, MS)).rejects.toThrow(FencedError);
    expect(await one.leases.held.read('network')).toBeNull();
  });

  it.each([
    ['an hour ahead', 3_600_000],
    ['an hour behind', -3_600_000],
  ])('of a holder that renews is not taken by a clock that is %s', async (_name, skew) => {
    const store = new MemoryStore();
    const clock = fakeClock();
    const theirs = { ...clock, now: () => clock.now() + skew };
    const [one, two] = [clone(store, 'one', clock), clone(store, 'two', theirs)];
    const { record } = await one.take();
    for (let i = 0; i < 12; i++) {
      await expect(two.take()).rejects.toThrow(LockHeldError);
      await clock.sleep(TTL / 3);
      await one.leases.renew(claimOf(record), author, MS);
    }
  });
});

describe('a write under a lease', () => {
  it('renews it, and is fenced when somebody else has the lock', async () => {
    const store = new MemoryStore();
    const [one, two] = [clone(store, 'one'), clone(store, 'two')];
    const { record } = await one.take();
    const claim = claimOf(record);
    await one.repository.write(write(claim), options);
    expect((await store.leases.read('network', 0))?.record).toMatchObject({ action: 'renew', token: 1 });
    await two.leases.break('network', anId(), { ...two.by, reason: 'test' }, MS);
    await two.take();
    const before = (await store.head()).revision;
    const failed = await one.repository.write(write(claim), options).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(FencedError);
    expect((failed as FencedError).data).toMatchObject({
      name: 'network',
      token: 1,
      current: { token: 2, host: 'two' },
    });
    expect((await store.head()).revision).toBe(before);
    expect(await one.outbox.size()).toBe(0);
  });

  it('that is stale ends alone: the others of its batch are published', async () => {
    const store = new MemoryStore();
    const [one, two] = [clone(store, 'one'), clone(store, 'two')];
    const stale = claimOf((await one.take()).record);
    const good = claimOf((await one.take({ name: 'storage' })).record);
    await two.leases.break('network', anId(), two.by, MS);
    const operations = [
      write(stale, 'stale'),
      write(good, 'good'),
      eventOperation('plain'),
      write(stale, 'stale'),
    ];
    for (const operation of operations) await one.repository.keep(operation);
    const report = await one.repository.sync(T0 + TTL);
    expect(report.published).toEqual([operations[1]?.id, operations[2]?.id]);
    expect(report.rejected.map(({ id, error }) => [id, error.code])).toEqual([
      [operations[0]?.id, 'FENCED'],
      [operations[3]?.id, 'FENCED'],
    ]);
    const found = [];
    for await (const { added } of store.history.timeline((await store.head()).revision as string))
      found.push(...added);
    expect(found.map((path) => path.replace(/.*\w{26}-/, ''))).toEqual([
      ...['plain.yaml', 'good.yaml', 'lock_broken.yaml'],
    ]);
  });

  it('goes on where another clone was handed the claim and renewed it', async () => {
    const store = new MemoryStore();
    const [one, two] = [clone(store, 'one'), clone(store, 'two')];
    const claim = claimOf((await one.take()).record);
    for (const { repository } of [two, one, two, one]) await repository.write(write(claim), options);
    await one.leases.renew(claim, author, MS);
    // The store in memory counts writes: one acquisition and five renewals.
    expect(await store.leases.read('network', 0)).toMatchObject({ version: '6', record: { token: 1 } });
  });

  it('that changes nothing proves its lease all the same', async () => {
    const store = new MemoryStore();
    const [one, two] = [clone(store, 'one'), clone(store, 'two')];
    const claim = claimOf((await one.take()).record);
    const operation = { ...write(claim), events: [] };
    expect((await one.repository.write(operation, options)).delivery).toBe('unchanged');
    expect((await store.leases.read('network', 0))?.record.action).toBe('renew');
    await two.leases.break('network', anId(), two.by, MS);
    await expect(one.repository.write({ ...operation, id: anId() }, options)).rejects.toThrow(FencedError);
  });

  it('that has landed is published, whatever its answer was, though the lease was broken since', async () => {
    const store = new MemoryStore();
    const [one, two] = [clone(store, 'one'), clone(store, 'two')];
    const claim = claimOf((await one.take()).record);
    const swap = store.swap.bind(store);
    // The server carries the push out twice, for its first answer was lost: the second time it says that the lock moved.
    store.swap = async (...args) => {
      store.swap = swap;
      expect((await swap(...args)).kind).toBe('swapped');
      await two.leases.break('network', anId(), two.by, MS);
      return { kind: 'fenced', names: ['network'] };
    };
    expect((await one.repository.write(write(claim), options)).delivery).toBe('published');
  });

  it.each(['refused', 'unreachable', 'denied'] as const)(
    '%s: who has the lock is looked at before it is told',
    async (kind) => {
      const store = new MemoryStore();
      const [one, two] = [clone(store, 'one'), clone(store, 'two')];
      const move = store.leases.move.bind(store.leases);
      const failure =
        kind === 'refused' ? { kind, error: new RefusedError('no') } : { kind, error: new RemoteError('no') };
      const failing = (before: () => Promise<unknown>) => {
        store.leases.move = async () => {
          store.leases.move = move;
          await before();
          return failure;
        };
      };
      failing(() => two.take());
      await expect(one.take()).rejects.toThrow('held by ada on two');
      await two.leases.break('network', anId(), two.by, MS);
      // Nobody has it: the failure itself is told.
      failing(async () => undefined);
      await expect(one.take()).rejects.toThrow('no');
      // It has landed all the same.
      store.leases.move = async (wanted) => {
        store.leases.move = move;
        await move(wanted, 0);
        return failure;
      };
      const { record } = await one.take();
      expect(record.holder.host).toBe('one');
      store.leases.move = async (wanted) => {
        store.leases.move = move;
        await move(wanted, 0);
        return failure;
      };
      expect(await one.leases.renew(claimOf(record), author, MS)).toMatchObject({ action: 'renew' });
      await one.leases.release(claimOf(record), author, MS);
    },
  );
});

it('a lock that nobody has cannot be broken; events of locks have a subject', async () => {
  const one = clone(new MemoryStore(), 'one');
  await expect(one.leases.break('network', anId(), one.by, MS)).rejects.toThrow(NotFoundError);
  expect(formatSubject({ kind: 'lock', name: 'a/b' })).toBe('lock/a/b');
});
