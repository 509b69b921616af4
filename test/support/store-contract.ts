import { describe, expect, it } from 'vitest';
import { InvalidStateError } from '../../src/errors.js';
import type { Commit, Revision, StateStore } from '../../src/store/port/state-store.js';
import { listBelow } from '../../src/store/read/list-below.js';

/** What a driver's test provides: empty stores, and a second client of the same store if it can be shared. */
export interface StoreUnderTest {
  open(): Promise<StateStore>;
  /** Another client of the same shared place; null for a driver that has none. */
  another: ((store: StateStore) => Promise<StateStore>) | null;
}

const author = { name: 'Ada', email: 'ada@example.com' };
export const commit = (files: Record<string, string | null>, message = 'test: files'): Commit => ({
  message,
  author,
  time: 1_750_000_000_000,
  files: new Map(Object.entries(files)),
});

/** Adds all commits, in as many swaps as the store needs. */
export async function swapAll(
  store: StateStore,
  base: Revision | null,
  commits: readonly Commit[],
): Promise<Revision[]> {
  const revisions: Revision[] = [];
  while (revisions.length < commits.length) {
    const outcome = await store.swap(revisions.at(-1) ?? base, commits.slice(revisions.length), 10_000);
    if (outcome.kind !== 'swapped' || outcome.revisions.length === 0) throw new Error(outcome.kind);
    revisions.push(...outcome.revisions);
  }
  return revisions;
}

/** The contract of StateStore, for every driver including the in-memory one. */
export function storeContract(name: string, under: StoreUnderTest): void {
  describe(`${name} keeps the contract of StateStore`, () => {
    it('begins empty', async () => {
      const store = await under.open();
      expect((await store.head()).revision).toBeNull();
      expect(await store.view(null).read('kgit.yaml')).toBeNull();
      expect(await store.view(null).list('')).toBeNull();
      await store.close();
    });

    it('swaps a chain of commits in, and reads every revision of it', async () => {
      const store = await under.open();
      const text = 'ünï: "x"\n\0\r\n # end without line end';
      const commits = [commit({ 'a/b/c.yaml': text }), commit({ 'a/d.yaml': '' })];
      const revisions = await swapAll(store, null, commits);
      expect(new Set(revisions).size).toBe(2);
      expect((await store.head()).revision).toBe(revisions[1]);
      const [first, second] = revisions.map((revision) => store.view(revision));
      expect(await first?.read('a/b/c.yaml')).toBe(text);
      expect(await first?.read('a/d.yaml')).toBeNull();
      expect(await second?.read('a/d.yaml')).toBe('');
      expect(await second?.list('a')).toEqual([
        { name: 'b', kind: 'folder' },
        { name: 'd.yaml', kind: 'file' },
      ]);
      expect(await second?.list('')).toEqual([{ name: 'a', kind: 'folder' }]);
      expect(await second?.list('a/missing')).toBeNull();
      await store.close();
    });

    it('lists many folders and those in them as it lists each, whatever was read before', async () => {
      const store = await under.open();
      const folders = ['a', 'a/b', 'a/c', 'missing', 'missing/a', 'a/c/d'];
      await store.swap(null, [commit({ 'a/b/1': '1', 'a/c/d/2': '2', 'a/c/3': '3', e: '4' })], 10_000);
      const { revision } = await store.head();
      const list = (folder: string) => store.view(revision).list(folder);
      for (const first of [[], ['a/c'], ['', 'missing']]) {
        const view = store.view(revision);
        for (const folder of first) await view.list(folder);
        const listed = new Map<string, unknown>();
        await listBelow(view, folders, {
          choose: (entries, place) => {
            listed.set(`${folders[place]}`, entries);
            return entries.filter(({ kind }) => kind === 'folder').map(({ name }) => name);
          },
          take: (entries, place, name) => {
            listed.set(`${folders[place]}: ${name}`, entries);
            return entries.map((entry) => entry.name);
          },
        });
        expect(Object.fromEntries(listed)).toEqual({
          a: await list('a'),
          'a: b': await list('a/b'),
          'a: c': await list('a/c'),
          'a/b': await list('a/b'),
          'a/c': await list('a/c'),
          'a/c: d': await list('a/c/d'),
          'a/c/d': await list('a/c/d'),
        });
        expect(await view.read('a/c/d/2')).toBe('2');
      }
      await store.close();
    });

    it('lists names by their beginnings, however many are asked for', async () => {
      const store = await under.open();
      const names = Array.from({ length: 20 }, (_, n) => `${String.fromCharCode(97 + n)}-1`);
      const files = Object.fromEntries(names.map((name) => [`x/${name}`, '']));
      const [first = ''] = await swapAll(store, null, [
        commit(files),
        commit({ 'x/c-0': '', 'x/d-1': null }),
      ]);
      for (const revision of [first, (await store.head()).revision]) {
        const view = store.view(revision);
        for (const name of names) {
          const listed = (await view.list('x', name.slice(0, 2)))?.map((entry) => entry.name) ?? [];
          const isNew = revision !== first;
          const wanted = isNew && name === 'c-1' ? ['c-0', 'c-1'] : isNew && name === 'd-1' ? [] : [name];
          expect(listed).toEqual(wanted);
        }
      }
      await store.close();
    });

    it('lists names in the order of their characters, files and folders alike', async () => {
      const store = await under.open();
      const names = ['a', 'a-b', 'a.b', 'a0'];
      await store.swap(null, [commit({ 'x/a/y': '', 'x/a-b': '', 'x/a.b': '', 'x/a0': '' })], 5_000);
      const listed = await store.view((await store.head()).revision).list('x');
      expect(listed?.map(({ name }) => name)).toEqual(names);
      await store.close();
    });

    it('lists the names that begin with a prefix, and nothing if none does', async () => {
      const store = await under.open();
      await store.swap(null, [commit({ 'x/a-1': '', 'x/a-2/y': '', 'x/a': '', 'x/b-1': '' })], 5_000);
      const view = store.view((await store.head()).revision);
      expect(await view.list('x', 'a-')).toEqual([
        { name: 'a-1', kind: 'file' },
        { name: 'a-2', kind: 'folder' },
      ]);
      expect((await view.list('x', ''))?.map(({ name }) => name)).toEqual(['a', 'a-1', 'a-2', 'b-1']);
      expect([await view.list('x', 'c'), await view.list('z', 'a'), await view.list('', 'y')]).toEqual([
        null,
        null,
        null,
      ]);
      await store.close();
    });

    it('tells what is at a path', async () => {
      const store = await under.open();
      await store.swap(null, [commit({ 'a/b/c': '1' })], 10_000);
      const view = store.view((await store.head()).revision);
      const paths = ['a', 'a/b', 'a/b/c', 'a/b/c/d', 'a/x', 'x/y'];
      const kinds = await Promise.all(paths.map((path) => view.kindOf(path)));
      expect(kinds).toEqual(['folder', 'folder', 'file', null, null, null]);
      expect(await store.view(null).kindOf('a')).toBeNull();
      await store.close();
    });

    it('replaces a file and keeps the others', async () => {
      const store = await under.open();
      await store.swap(null, [commit({ x: '1', y: '1' })], 10_000);
      const base = (await store.head()).revision;
      await store.swap(base, [commit({ x: '2' })], 10_000);
      const view = store.view((await store.head()).revision);
      expect([await view.read('x'), await view.read('y')]).toEqual(['2', '1']);
      await store.close();
    });

    it('takes files and folders away, before it writes, and no empty folder stays', async () => {
      const store = await under.open();
      await store.swap(
        null,
        [commit({ 'a/b/1': '1', 'a/b/2': '2', 'a/b.yaml': 'x', 'c/d/e': '3', f: '4' })],
        10_000,
      );
      const base = (await store.head()).revision;
      const changes = commit({ 'a/b.yaml': 'sealed', 'a/b': null, 'c/d/e': null, gone: null, 'g"h/ü': '5' });
      await swapAll(store, base, [changes, commit({ 'a/b/3': '6', 'a/b': null, 'g"h/ü': null })]);
      const view = store.view((await store.head()).revision);
      expect((await view.list(''))?.map(({ name }) => name)).toEqual(['a', 'f']);
      expect((await view.list('a/b'))?.map(({ name }) => name)).toEqual(['3']);
      expect(await view.read('a/b.yaml')).toBe('sealed');
      expect([await view.read('a/b/1'), await view.read('c/d/e'), await view.list('c')]).toEqual([
        null,
        null,
        null,
      ]);
      await store.close();
    });

    it('tells a file where a folder is asked for, and the other way round', async () => {
      const store = await under.open();
      await store.swap(null, [commit({ 'a/b': '1' })], 10_000);
      const view = store.view((await store.head()).revision);
      await expect(view.list('a/b')).rejects.toThrow(InvalidStateError);
      const choose = (_: unknown, place: number) => (place === 0 ? ['b'] : []);
      for (const folders of [['a'], ['c', 'a/b']])
        await expect(listBelow(view, folders, { choose, take: () => [] })).rejects.toThrow(InvalidStateError);
      await expect(view.read('a')).rejects.toThrow(InvalidStateError);
      await store.close();
    });

    it('moves only from the base that it was told', async () => {
      const store = await under.open();
      await store.swap(null, [commit({ a: '1' })], 10_000);
      const base = (await store.head()).revision;
      await store.swap(base, [commit({ a: '2' })], 10_000);
      expect((await store.swap(base, [commit({ a: '3' })], 10_000)).kind).toBe('moved');
      expect((await store.swap(null, [commit({ a: '4' })], 10_000)).kind).toBe('moved');
      const head = await store.refresh(10_000);
      expect(await store.view(head.revision).read('a')).toBe('2');
      await store.close();
    });

    const { another } = under;
    if (!another) return;
    it('lets one of two clients win, and shows the other the winner', async () => {
      const one = await under.open();
      const two = await another(one);
      await one.swap(null, [commit({ a: 'one' })], 10_000);
      expect((await two.swap(null, [commit({ a: 'two' })], 10_000)).kind).toBe('moved');
      const { revision } = await two.refresh(10_000);
      expect(await two.view(revision).read('a')).toBe('one');
      const outcome = await two.swap(revision, [commit({ b: 'two' })], 10_000);
      expect(outcome.kind).toBe('swapped');
      expect((await one.refresh(10_000)).revision).toBe((await two.head()).revision);
      await Promise.all([one.close(), two.close()]);
    });
  });
}
