import { describe, expect, it } from 'vitest';
import { commonRevision, toolsOf } from '../../src/review/review-tools.js';
import type { Backend } from '../../src/store/port/backend.js';
import type { HistoryCommit, Review } from '../../src/store/port/review.js';
import type { Commit, Revision } from '../../src/store/port/state-store.js';
import { commit, swapAll } from './store-contract.js';

/** What a driver's test provides: an empty store, and what reviews it. */
export interface ReviewUnderTest {
  open(): Promise<{ readonly store: Backend; readonly review: Review }>;
}

const EVENTS = 'deployments/dep-a/events/2025-07';
const event = (digit: number) => `${EVENTS}/01JZXK5B7Q3M8N2V4C6D9F0G1${digit}-noted.yaml`;
/** Paths that a tool might quote or split. */
const ODD = ['a b/c"d.yaml', 'z/ünï.yaml'] as const;

/** The contract of Review, for every driver that has one. */
export function reviewContract(name: string, under: ReviewUnderTest): void {
  /** A store with these commits, and their revisions. */
  async function storeWith(...commits: readonly Commit[]) {
    const { store, review } = await under.open();
    const [first, second, third] = (await swapAll(store, null, commits)) as [Revision, Revision, Revision];
    return { review, first, second, third, close: () => store.close() };
  }

  describe(`${name} keeps the contract of Review`, () => {
    it('gives all files in path order, with their contents and sizes', async () => {
      const { review, second, close } = await storeWith(
        commit({ b: 'gone', [ODD[1]]: 'ü\n' }),
        commit({ b: null, [ODD[0]]: 'two\n', 'a.b': 'same\n', 'a/b': 'same\n' }),
      );
      const files = [];
      for await (const some of review.files(second)) files.push(...some);
      expect(files.map(({ path }) => path)).toEqual(['a b/c"d.yaml', 'a.b', 'a/b', 'z/ünï.yaml']);
      expect(files.every(({ kind }) => kind === 'plain')).toBe(true);
      expect(files.map(({ bytes }) => bytes)).toEqual([4, 5, 5, 3]);
      const names = files.map(({ content }) => content);
      expect((await review.contents(names)).map(String)).toEqual(['two\n', 'same\n', 'same\n', 'ü\n']);
      expect(await review.sizes(names)).toEqual([4, 5, 5, 3]);
      expect(names[1]).toBe(names[2]);
      for (const { path, content } of files) expect(await review.contentAt(second, path)).toBe(content);
      expect(await review.contentAt(second, 'b')).toBeNull();
      expect([await review.contents([]), await review.sizes([])]).toEqual([[], []]);
      await close();
    });

    it('compares two revisions, in either direction', async () => {
      const { review, first, third, close } = await storeWith(
        commit({ same: '1', edited: '1', [ODD[0]]: '1' }),
        commit({ edited: '2' }),
        commit({ [ODD[0]]: null, [ODD[1]]: '3' }),
      );
      const at = (revision: Revision, path: string) => review.contentAt(revision, path);
      const forth = await review.changes(first, third);
      expect(forth).toEqual([
        { path: ODD[0], before: await at(first, ODD[0]), after: null },
        { path: 'edited', before: await at(first, 'edited'), after: await at(third, 'edited') },
        { path: ODD[1], before: null, after: await at(third, ODD[1]) },
      ]);
      const back = await review.changes(third, first);
      expect(back).toEqual(forth.map(({ path, before, after }) => ({ path, before: after, after: before })));
      expect(await review.changes(third, third)).toEqual([]);
      await close();
    });

    it('finds the revisions that changed a file or a folder, newest first', async () => {
      const { review, first, second, third, close } = await storeWith(
        commit({ 'k/a': '1', b: '1' }),
        commit({ b: '2' }),
        commit({ 'k/c': '1', b: null }),
      );
      expect(await review.changesOf('b', third)).toEqual([third, second, first]);
      expect(await review.changesOf('k/a', third)).toEqual([first]);
      expect(await review.changesOf('k', third)).toEqual([third, first]);
      expect(await review.changesOf('b', second)).toEqual([second, first]);
      expect(await review.changesOf('none', third)).toEqual([]);
      await close();
    });

    it('knows the order of revisions', async () => {
      const { review, first, second, third, close } = await storeWith(
        commit({ a: '1' }),
        commit({ a: '2' }),
        commit({ a: '3' }),
      );
      expect(await review.isOnLine(first, third)).toBe(true);
      expect(await review.isOnLine(second, second)).toBe(true);
      expect(await review.isOnLine(third, first)).toBe(false);
      expect(await commonRevision(review, first, third)).toBe(first);
      expect(await commonRevision(review, third, second)).toBe(second);
      await close();
    });

    it('tells what commits removed or edited in the months of events, newest first', async () => {
      const { review, first, second, third, close } = await storeWith(
        commit({ [event(1)]: 'one\n', [event(2)]: 'two\n', 'kgit.yaml': '1\n' }),
        commit({ [event(3)]: 'three\n', 'kgit.yaml': null }),
        commit({ [event(1)]: null, [event(2)]: 'other\n', [event(4)]: 'four\n' }),
      );
      const told = async (from: Revision | null, to: Revision) => {
        const met: HistoryCommit[] = [];
        const changed: [Revision, string[]][] = [];
        for await (const { commit: by, changes } of review.history(from, to, (one) => met.push(one)))
          changed.push([by.revision, changes.map(({ path }) => path)]);
        for (const { author, committed } of met) {
          expect(author).toBe('Ada');
          expect(committed).toMatch(/^\d{4}-\d\d-\d\dT/);
        }
        return { met: met.map(({ revision }) => revision), changed };
      };
      const changed = [[third, [event(1), event(2), event(4)]]];
      expect(await told(null, third)).toEqual({ met: [third, second, first], changed });
      expect(await told(first, third)).toEqual({ met: [third, second], changed });
      expect(await told(null, second)).toEqual({ met: [second, first], changed: [] });
      await close();
    });

    it('says of commits that nobody signed that they are not, if it has signatures', async () => {
      const { review, first, second, third, close } = await storeWith(
        commit({ a: '1' }),
        commit({ a: '2' }),
        commit({ a: '3' }),
      );
      const none = (revision: Revision) => ({ revision, verdict: 'none', signer: '' });
      const asked = review.signatures?.(first, third, { ssh: '', gpg: [] });
      if (asked) expect(await asked).toEqual([third, second].map(none));
      await close();
    });

    it('names its tools in one line each', async () => {
      const { review, close } = await under
        .open()
        .then(({ store, ...rest }) => ({ ...rest, close: () => store.close() }));
      const tools = toolsOf(review);
      const texts = [
        tools.show('r1'),
        tools.missing('r1', 'r2'),
        tools.versions(ODD[0]),
        tools.removals(),
        tools.restore('r1', ODD[0]),
        tools.restoreProposed('r1', ODD[0], null),
        tools.restoreProposed('r1', ODD[0], 'proposal'),
        tools.withdraw(ODD[0]),
        tools.withdrawProposed(ODD[0], null),
        tools.withdrawProposed(ODD[0], 'proposal'),
        tools.restoreBefore('r1', ODD[0]),
        tools.differencesSince('r1', ODD[0]),
        tools.remove(ODD[0]),
        tools.forget(ODD[0]),
        tools.makePlain(ODD[0]),
        tools.correct(ODD[0]),
        tools.complete(),
      ];
      for (const text of texts) expect(text).toMatch(/^\S[^\n]*[^\s.]$/);
      await close();
    });
  });
}
