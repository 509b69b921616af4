import { describe, expect, it } from 'vitest';
import { InvalidStateError } from '../../src/errors.js';
import type { Commit, StateStore } from '../../src/store/port/state-store.js';

/** What a driver's own test must provide: empty stores, and a second opening of the same one where drivers share. */
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

/** The contract of StateStore: every driver passes it, the in-memory one included. */
export function storeContract(name: string, under: StoreUnderTest): void {
  describe(`${name} keeps the contract of StateStore`, () => {
    it('begins empty', async () => {
      const store = await under.open();
      expect((await store.head()).revision).toBeNull();
      expect(await store.behind()).toBe(0);
      expect(await store.view(null).read('kgit.yaml')).toBeNull();
      expect(await store.view(null).list('')).toBeNull();
      await store.close();
    });

    it('swaps a chain of commits in, and reads every revision of it', async () => {
      const store = await under.open();
      const text = 'ünï: "x"\n\0\r\n # end without line end';
      const outcome = await store.swap(
        null,
        [commit({ 'a/b/c.yaml': text }), commit({ 'a/d.yaml': '' })],
        10_000,
      );
      expect(outcome.kind).toBe('swapped');
      const revisions = outcome.kind === 'swapped' ? outcome.revisions : [];
      expect(revisions).toHaveLength(2);
      expect((await store.head()).revision).toBe(revisions[1]);
      expect(await store.behind()).toBe(0);
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

    it('lists names in the order of their characters, files and folders alike', async () => {
      const store = await under.open();
      const names = ['a', 'a-b', 'a.b', 'a0'];
      await store.swap(null, [commit({ 'x/a/y': '', 'x/a-b': '', 'x/a.b': '', 'x/a0': '' })], 5_000);
      const listed = await store.view((await store.head()).revision).list('x');
      expect(listed?.map(({ name }) => name)).toEqual(names);
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
      await store.swap(base, [changes, commit({ 'a/b/3': '6', 'a/b': null, 'g"h/ü': null })], 10_000);
      const head = (await store.head()).revision as string;
      const view = store.view(head);
      expect((await view.list(''))?.map(({ name }) => name)).toEqual(['a', 'f']);
      expect((await view.list('a/b'))?.map(({ name }) => name)).toEqual(['3']);
      expect(await view.read('a/b.yaml')).toBe('sealed');
      expect([await view.read('a/b/1'), await view.read('c/d/e'), await view.list('c')]).toEqual([
        null,
        null,
        null,
      ]);
      const added: string[][] = [];
      for await (const entry of store.timeline(head)) added.push([...entry.added].sort());
      expect(added).toEqual([['a/b/3'], ['g"h/ü'], ['a/b.yaml', 'a/b/1', 'a/b/2', 'c/d/e', 'f']]);
      await store.close();
    });

    it('tells a file where a folder is asked for, and the other way round', async () => {
      const store = await under.open();
      await store.swap(null, [commit({ 'a/b': '1' })], 10_000);
      const view = store.view((await store.head()).revision);
      await expect(view.list('a/b')).rejects.toThrow(InvalidStateError);
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

    it('gives the time line, newest first, with what each revision added', async () => {
      const store = await under.open();
      await store.swap(
        null,
        [commit({ a: '1' }), commit({ b: '1', 'c/d': '1' }), commit({ a: '2', e: '1' })],
        10_000,
      );
      const head = (await store.head()).revision as string;
      const added: string[][] = [];
      for await (const entry of store.timeline(head)) added.push([...entry.added].sort());
      expect(added).toEqual([['e'], ['b', 'c/d'], ['a']]);
      for await (const entry of store.timeline(head)) {
        expect(entry.revision).toBe(head);
        break;
      }
      await store.close();
    });

    it('tells where files were added, and which hold a text', async () => {
      const store = await under.open();
      await store.swap(
        null,
        [commit({ a: 'One\n' }), commit({ b: '2\n', c: 'x\\y\n' }), commit({ a: 'One more\n' })],
        10_000,
      );
      const head = (await store.head()).revision as string;
      expect(new Map(await store.placesOf(head, ['a', 'c', 'b']))).toEqual(
        new Map([
          ['a', 2],
          ['b', 1],
          ['c', 1],
        ]),
      );
      expect(new Map(await store.placesOf(head, []))).toEqual(new Map());
      expect([...(await store.filesWith(head, ['oNE', '\\']))].sort()).toEqual(['a', 'c']);
      expect(await store.filesWith(head, ['--nothing', '.'])).toEqual([]);
      await store.close();
    });

    it('resolves its revisions and no other name', async () => {
      const store = await under.open();
      await store.swap(null, [commit({ a: '1' })], 10_000);
      const head = (await store.head()).revision as string;
      expect(await store.resolve(head)).toBe(head);
      for (const name of ['nothing', '--all', '', 'a b', '$(id)', 'x\ny'])
        expect(await store.resolve(name)).toBeNull();
      await store.close();
    });

    it('finds the revision that was the newest at a time', async () => {
      const store = await under.open();
      // Git's dates are of whole seconds, so the two commits are made in different ones.
      const nextSecond = () => new Promise((wake) => setTimeout(wake, 1_001 - (Date.now() % 1_000)));
      const now = (files: Record<string, string>) => [{ ...commit(files), time: Date.now() }];
      const begin = Date.now();
      await store.swap(null, now({ a: '1' }), 10_000);
      const first = (await store.head()).revision as string;
      await nextSecond();
      const between = Date.now();
      await nextSecond();
      await store.swap(first, now({ a: '2' }), 10_000);
      const head = (await store.head()).revision as string;
      expect(await store.revisionAt(head, Date.now() + 5_000)).toBe(head);
      expect(await store.revisionAt(head, between)).toBe(first);
      expect(await store.revisionAt(first, Date.now() + 5_000)).toBe(first);
      expect(await store.revisionAt(head, begin - 5_000)).toBeNull();
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
