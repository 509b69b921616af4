import { describe, expect, it } from 'vitest';
import { withOrigin } from '../../src/model/operation/origin-trailer.js';
import type { Backend } from '../../src/store/port/backend.js';
import type { WholeRevision } from '../../src/store/port/history.js';
import type { Commit } from '../../src/store/port/state-store.js';
import { commit, swapAll } from './store-contract.js';

/** The contract of History: every driver passes it. */
export function historyContract(name: string, under: { open(): Promise<Backend> }): void {
  describe(`${name} keeps the contract of History`, () => {
    it('has all of its history, and says how revisions are named', async () => {
      const { history, close } = await under
        .open()
        .then((store) => ({ history: store.history, close: () => store.close() }));
      expect(history.cutOff).toBeNull();
      expect(history.naming[0]).toMatch(/revisions/);
      await close();
    });

    it('gives the time line, newest first, with what each revision added', async () => {
      const store = await under.open();
      const commits = [commit({ a: '1' }), commit({ b: '1', 'c/d': '1' }), commit({ a: '2', e: '1' })];
      await swapAll(store, null, commits);
      const head = (await store.head()).revision as string;
      for (const ahead of [undefined, 1, 2, 3, 4]) {
        const added: string[][] = [];
        for await (const entry of store.history.timeline(head, ahead)) added.push([...entry.added].sort());
        expect(added).toEqual([['e'], ['b', 'c/d'], ['a']]);
      }
      for await (const entry of store.history.timeline(head)) {
        expect(entry.revision).toBe(head);
        break;
      }
      await store.close();
    });

    it('counts a file as added that was taken away before, in a folder or alone', async () => {
      const store = await under.open();
      await store.swap(null, [commit({ 'a/b/1': '1', 'a/b/2': '2', 'c/d': '3', f: '4' })], 10_000);
      const base = (await store.head()).revision;
      const changes = commit({ 'a/b.yaml': 'sealed', 'a/b': null, 'c/d': null, gone: null, 'g"h/ü': '5' });
      await swapAll(store, base, [changes, commit({ 'a/b/3': '6', 'a/b': null, 'g"h/ü': null, 'c/d': '7' })]);
      const added: string[][] = [];
      for await (const entry of store.history.timeline((await store.head()).revision as string))
        added.push([...entry.added].sort());
      expect(added).toEqual([
        ['a/b/3', 'c/d'],
        ['a/b.yaml', 'g"h/ü'],
        ['a/b/1', 'a/b/2', 'c/d', 'f'],
      ]);
      await store.close();
    });

    it('tells where files were added, and which hold a text', async () => {
      const store = await under.open();
      const commits = [
        commit({ a: 'One\n' }),
        commit({ b: '2\n', c: 'x\\y\n' }),
        commit({ a: 'One more\n' }),
      ];
      await swapAll(store, null, commits);
      const head = (await store.head()).revision as string;
      expect(new Map(await store.history.placesOf(head, ['a', 'c', 'b']))).toEqual(
        new Map([
          ['a', 2],
          ['b', 1],
          ['c', 1],
        ]),
      );
      expect(new Map(await store.history.placesOf(head, []))).toEqual(new Map());
      expect([...(await store.history.filesWith(head, ['oNE', '\\']))].sort()).toEqual(['a', 'c']);
      expect(await store.history.filesWith(head, ['--nothing', '.'])).toEqual([]);
      await store.close();
    });

    it('resolves its revisions and no other name', async () => {
      const store = await under.open();
      await store.swap(null, [commit({ a: '1' })], 10_000);
      const head = (await store.head()).revision as string;
      expect(await store.history.resolve(head)).toBe(head);
      for (const name of ['nothing', '--all', '', 'a b', '$(id)', 'x\ny'])
        expect(await store.history.resolve(name)).toBeNull();
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
      expect(await store.history.revisionAt(head, Date.now() + 5_000)).toBe(head);
      expect(await store.history.revisionAt(head, between)).toBe(first);
      expect(await store.history.revisionAt(first, Date.now() + 5_000)).toBe(first);
      expect(await store.history.revisionAt(head, begin - 5_000)).toBeNull();
      await store.close();
    });

    it('gives whole revisions, oldest first, with all that each did to the files', async () => {
      const store = await under.open();
      const event = 'clusters/m/n/c/events/2025-06/01JXS2ZSHEXTK9FDQV7G7M2H5J-cluster_created.yaml';
      const text = 'ünï: "x"\n\r\n # end';
      const commits = [
        {
          ...commit({ a: '1', 'd/e': '1', [event]: 'one' }, 'first\n\nbody\n\nTrailer: x'),
          author: { name: 'Ünï', email: 'u@x' },
        },
        commit({ 'd/e': '2', b: text }),
        commit({ a: null, 'd/f': '' }),
        commit({ d: null, [event]: 'two', a: '1' }),
        commit({ 'd/e': '3', [event]: null, b: 'last' }),
      ];
      const revisions = await swapAll(store, null, commits);
      const got: WholeRevision[] = [];
      for await (const each of store.history.whole(null, revisions[4] ?? '')) got.push(each);
      expect(got.map(({ revision }) => revision)).toEqual(revisions);
      expect(got.map(({ parent }) => parent)).toEqual([null, ...revisions.slice(0, 4)]);
      expect(got.map(({ files }) => [...files])).toEqual([
        [
          ['a', '1'],
          [event, 'one'],
          ['d/e', '1'],
        ],
        [
          ['b', text],
          ['d/e', '2'],
        ],
        [
          ['a', null],
          ['d/f', ''],
        ],
        [
          ['a', '1'],
          [event, 'two'],
          ['d/e', null],
          ['d/f', null],
        ],
        [
          ['b', 'last'],
          [event, null],
          ['d/e', '3'],
        ],
      ]);
      expect(got[0]).toMatchObject({ author: { name: 'Ünï', email: 'u@x' }, odd: [] });
      expect(got[0]?.message.trimEnd()).toBe('first\n\nbody\n\nTrailer: x');
      const times = got.map(({ published }) => published);
      expect(times).toEqual([...times].sort((x, y) => x - y));
      const parts: string[] = [];
      for await (const { revision } of store.history.whole(revisions[1] ?? '', revisions[3] ?? ''))
        parts.push(revision);
      expect(parts).toEqual(revisions.slice(2, 4));
      await store.close();
    });

    it('copies revisions with their times, and finds the copy of one by its old id or the beginning of it', async () => {
      const store = await under.open();
      const [one, two] = ['41-0123456789abcdef', '42-fedcba9876543210'];
      const copy = (origin: string, published: number): Commit => ({
        ...commit({ [origin]: '1' }, withOrigin('m: one', origin)),
        published,
      });
      const times = [1_600_000_000_000, 1_650_000_000_000, 1_640_000_000_000];
      const copies = [
        copy(one, times[0] ?? 0),
        copy(two, times[1] ?? 0),
        { ...commit({ a: '1' }), published: times[2] ?? 0 },
      ];
      const revisions = await swapAll(store, null, copies);
      const head = revisions[2] ?? '';
      const published: number[] = [];
      for await (const each of store.history.whole(null, head)) published.push(each.published);
      expect(published).toEqual([times[0], times[1], times[1]]);
      expect(await store.history.revisionAt(head, 1_649_000_000_000)).toBe(revisions[0]);
      expect(await store.history.copyOf(one, head)).toBe(revisions[0]);
      expect(await store.history.copyOf('42-fedc', head)).toBe(revisions[1]);
      expect(await store.history.copyOf(two, revisions[0] ?? '')).toBeNull();
      expect(await store.history.copyOf('0123456789abcdef', head)).toBeNull();
      await store.close();
    });

    it('knows the revision before each', async () => {
      const store = await under.open();
      const commits = [commit({ a: '1' }), commit({ a: '2' })];
      const [first = '', second = ''] = await swapAll(store, null, commits);
      expect(await store.history.parentOf(second)).toBe(first);
      expect(await store.history.parentOf(first)).toBeNull();
      await store.close();
    });
  });
}
