import { describe, expect, it } from 'vitest';
import { RemoteError } from '../../src/errors.js';
import { WENT_BACK } from '../../src/store/port/shared-history.js';
import type { Revision, RevisionChange, StateStore } from '../../src/store/port/state-store.js';
import { commit, type StoreUnderTest, swapAll } from './store-contract.js';

/** Reads so many changes behind a revision, as one watch. */
export async function nextChanges(
  store: StateStore,
  after: Revision | null,
  count: number,
): Promise<RevisionChange[]> {
  const stop = new AbortController();
  const found: RevisionChange[] = [];
  for await (const change of store.changes(after, stop.signal)) {
    found.push(change);
    if (found.length === count) stop.abort();
  }
  return found;
}

const revisionsOf = (changes: readonly RevisionChange[]) => changes.map(({ revision }) => revision);

/** The contract of `StateStore.changes`, for every driver. */
export function changesContract(name: string, { open, another }: StoreUnderTest): void {
  describe(`${name} keeps the contract of changes`, () => {
    it('tells each revision once, in order, with what it did and who made it', async () => {
      const store = await open();
      const revisions = await swapAll(store, null, [
        commit({ 'a/b': '1', 'ü "c"': '1' }, 'one\n\nmore of it'),
        commit({ 'a/b': '2', 'ü "c"': null, d: '' }, 'two'),
        commit({ d: 'x' }, 'three'),
      ]);
      const [one, two, three] = await nextChanges(store, null, 3);
      expect(revisionsOf([one, two, three] as RevisionChange[])).toEqual(revisions);
      expect(one).toMatchObject({
        ...{ parent: null, message: 'one\n\nmore of it', changed: [], removed: [] },
        author: { name: 'Ada', email: 'ada@example.com' },
      });
      expect([...(one?.added ?? [])].sort()).toEqual(['a/b', 'ü "c"']);
      expect(two).toMatchObject({
        ...{ parent: revisions[0], message: 'two', added: ['d'], changed: ['a/b'], removed: ['ü "c"'] },
      });
      expect(three).toMatchObject({ parent: revisions[1], added: [], changed: ['d'], removed: [] });
      expect(Number(one?.time)).toBeGreaterThan(1_700_000_000_000);
      const again = await nextChanges(store, revisions[1] ?? '', 1);
      expect(again).toMatchObject([{ revision: revisions[2] }]);
      expect(await one?.read(['ü "c"', 'a/b'])).toEqual(['1', '1']);
      expect(await two?.read(['a/b', 'd'])).toEqual(['2', '']);
      expect(await three?.read(['d'])).toEqual(['x']);
      await store.close();
    });

    it('waits for the first revision, and for each one that comes', async () => {
      const store = await open();
      const writer = another ? await another(store) : store;
      const found = nextChanges(store, null, 4);
      const revisions = await swapAll(writer, null, [commit({ a: '1' })]);
      revisions.push(
        ...(await swapAll(writer, revisions[0] ?? '', [commit({ a: '2' }), commit({ a: '3' })])),
      );
      revisions.push(...(await swapAll(writer, revisions[2] ?? '', [commit({ b: '1' })])));
      expect(revisionsOf(await found)).toEqual(revisions);
      if (writer !== store) await writer.close();
      await store.close();
    });

    it('ends when it is told to: before it begins, while it waits, and between two revisions', async () => {
      const store = await open();
      const [first] = await swapAll(store, null, [commit({ a: '1' }), commit({ a: '2' })]);
      const stop = new AbortController();
      const waiting = nextOf(store, (await store.head()).revision, stop.signal);
      stop.abort();
      expect(await waiting).toBeUndefined();
      expect(await nextOf(store, null, stop.signal)).toBeUndefined();
      const early = new AbortController();
      const seen: Revision[] = [];
      for await (const { revision } of store.changes(null, early.signal)) {
        seen.push(revision);
        early.abort();
      }
      expect(seen).toEqual([first]);
      await store.close();
    });

    it('says that a revision is not there any more, or never was', async () => {
      const [store, other] = [await open(), await open()];
      const [mine] = await swapAll(store, null, [commit({ a: 'mine' })]);
      await swapAll(other, null, [commit({ a: 'theirs' }), commit({ a: 'more' })]);
      const error = await nextChanges(other, mine ?? '', 1).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RemoteError);
      expect((error as RemoteError).data).toMatchObject({ cause: WENT_BACK, revision: mine });
      await Promise.all([store.close(), other.close()]);
    });

    it('reads many revisions in pages, and stops where its reader stops', async () => {
      const store = await open();
      const commits = Array.from({ length: 30 }, (_, n) =>
        commit({ [`f${n % 3}`]: String(n) }, `commit ${n}`),
      );
      const revisions = await swapAll(store, null, commits);
      for await (const { revision } of store.changes(null, new AbortController().signal)) {
        expect(revision).toBe(revisions[0]);
        break;
      }
      const found = await nextChanges(store, revisions[9] ?? '', 20);
      expect(revisionsOf(found)).toEqual(revisions.slice(10));
      expect(found.map(({ parent }) => parent)).toEqual(revisions.slice(9, 29));
      await store.close();
    });
  });
}

async function nextOf(store: StateStore, after: Revision | null, signal: AbortSignal) {
  for await (const change of store.changes(after, signal)) return change;
  return undefined;
}
