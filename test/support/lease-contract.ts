import { describe, expect, it } from 'vitest';
import { acquired, broken, type LeaseRecord, released, renewed } from '../../src/model/lease/lease.js';
import type { Backend } from '../../src/store/port/backend.js';
import type { LeaseStore, LockTip } from '../../src/store/port/lease-store.js';
import { commit } from './store-contract.js';
import { anId } from './store-fixtures.js';

/** What a driver's test provides: a new empty place, and a second client of it. */
export interface LeasesUnderTest {
  open(): Promise<Backend>;
  another(store: Backend): Promise<Backend>;
}

const author = { name: 'Ada', email: 'ada@example.com' };
const T0 = 1_750_000_000_000;
const MS = 20_000;
/** More moves than a driver keeps one chain or history for. */
const MANY_MOVES = 66;
let at = T0;
/** Each move is at a time of its own. */
const later = () => ++at;
export const acquisition = (before: LeaseRecord | null, name = 'network', host = 'here', at = later()) =>
  acquired(before, { name, lease: anId(), holder: { name: 'ada', host }, ttl: 60_000 }, at);

async function take(store: LeaseStore, name = 'network'): Promise<LockTip> {
  const from = await store.read(name, MS);
  const records = [acquisition(from?.record ?? null, name)];
  const outcome = await store.move({ name, from, records, author }, MS);
  if (outcome.kind !== 'swapped') throw new Error(`the lock was not taken: ${outcome.kind}`);
  return outcome.tip;
}

/** The contract of LeaseStore, and of Backend.swap with locks, for every driver. */
export function leaseContract(name: string, under: LeasesUnderTest): void {
  describe(`${name} keeps the contract of LeaseStore`, () => {
    it('begins without locks, and gives each as it was made', async () => {
      const store = await under.open();
      const { leases } = store;
      expect(await leases.read('network', MS)).toBeNull();
      expect(await leases.list(MS)).toMatchObject({ tips: new Map(), broken: [] });
      const names = ['a', 'a.lock', 'a/b', 'a/b.c', 'network'];
      for (const each of names) await take(leases, each);
      const { tips: list } = await leases.list(MS);
      expect([...list.keys()].sort()).toEqual(names);
      for (const each of names) expect(await leases.read(each, MS)).toEqual(list.get(each));
      expect([...(await leases.list(null)).tips.keys()].sort()).toEqual(names);
      expect(list.get('a.lock')?.record).toMatchObject({
        action: 'acquire',
        name: 'a.lock',
        token: 1,
      });
      await store.close();
    });

    it('creates a lock once, whoever tries at the same time', async () => {
      const store = await under.open();
      const other = await under.another(store);
      for (const each of ['one', 'two', 'three']) {
        const racers = [store, other, store, other].map(({ leases }) =>
          leases.move({ name: each, from: null, records: [acquisition(null, each)], author }, MS),
        );
        const kinds = (await Promise.all(racers)).map(({ kind }) => kind).sort();
        expect(kinds).toEqual(['moved', 'moved', 'moved', 'swapped']);
      }
      await Promise.all([store.close(), other.close()]);
    });

    it('moves a lock only from where the move begins: renewed, broken, released, taken anew', async () => {
      const store = await under.open();
      const other = await under.another(store);
      const first = await take(store.leases);
      const seen = await other.leases.read('network', MS);
      expect(seen).toEqual(first);
      const move = (client: Backend, from: LockTip, ...records: LeaseRecord[]) =>
        client.leases.move({ name: 'network', from, records, author }, MS);
      const renewal = await move(store, first, renewed(first.record, later()));
      if (renewal.kind !== 'swapped') throw new Error(renewal.kind);
      expect((await move(other, first, renewed(first.record, later()))).kind).toBe('moved');
      const by = { lease: anId(), holder: { name: 'bo', host: 'there' }, reason: 'expired' };
      const break_ = broken(renewal.tip.record, by, later());
      expect(await other.leases.read('network', MS)).toEqual(renewal.tip);
      const taken = await move(other, renewal.tip, break_, acquisition(break_));
      if (taken.kind !== 'swapped') throw new Error(taken.kind);
      expect(taken.tip.record).toMatchObject({ action: 'acquire', token: 2 });
      expect((await move(store, renewal.tip, released(renewal.tip.record, later()))).kind).toBe('moved');
      expect((await move(other, taken.tip, released(taken.tip.record, later()))).kind).toBe('swapped');
      const free = await store.leases.read('network', MS);
      expect(free?.record).toMatchObject({ action: 'release', token: 2 });
      expect((await take(store.leases)).record.token).toBe(3);
      await Promise.all([store.close(), other.close()]);
    });

    it('keeps the token through many moves', async () => {
      const store = await under.open();
      const other = await under.another(store);
      let tip = await take(store.leases);
      for (let i = 0; i < MANY_MOVES; i++) {
        const client = i % 8 === 7 ? other : store;
        if (client === other) tip = (await other.leases.read('network', MS)) as LockTip;
        const records = [renewed(tip.record, later())];
        const outcome = await client.leases.move({ name: 'network', from: tip, records, author }, MS);
        if (outcome.kind !== 'swapped') throw new Error(outcome.kind);
        tip = outcome.tip;
        if (client === other) await store.leases.read('network', MS);
      }
      expect(tip.record).toMatchObject({ action: 'renew', token: 1 });
      expect(await other.leases.read('network', MS)).toEqual(tip);
      await Promise.all([store.close(), other.close()]);
    });

    it('moves branch and locks together, or nothing', async () => {
      const store = await under.open();
      const other = await under.another(store);
      await store.swap(null, [commit({ a: '1' })], MS);
      const base = (await store.head()).revision;
      const [network, storage] = [await take(store.leases), await take(store.leases, 'storage')];
      const renewal = (from: LockTip) => ({
        ...{ name: from.record.name, from, author },
        records: [renewed(from.record, later())],
      });
      const done = await store.swap(base, [commit({ a: '2' })], MS, [renewal(network), renewal(storage)]);
      if (done.kind !== 'swapped') throw new Error(done.kind);
      expect([...(done.locks ?? [])].map(([key, tip]) => [key, tip.record.action])).toEqual([
        ['network', 'renew'],
        ['storage', 'renew'],
      ]);
      const head = (await other.refresh(MS)).revision;
      expect(head).toBe(done.revisions[0]);
      // A lock that others moved: the branch stays. A branch that others moved: the lock stays.
      const now = done.locks?.get('storage') as LockTip;
      await other.leases.list(MS);
      const stale = await other.swap(head, [commit({ a: '3' })], MS, [renewal(network), renewal(now)]);
      expect(stale).toEqual({ kind: 'fenced', names: ['network'] });
      expect((await store.refresh(MS)).revision).toBe(head);
      expect((await other.swap(base, [commit({ a: '3' })], MS, [renewal(now)])).kind).toBe('moved');
      expect(await store.leases.read('storage', MS)).toEqual(now);
      // No commit: the locks alone.
      const alone = renewal(now);
      expect((await other.swap(head, [], MS, [alone])).kind).toBe('swapped');
      expect((await store.leases.read('storage', MS))?.record).toEqual(alone.records[0]);
      await Promise.all([store.close(), other.close()]);
    });
  });
}
