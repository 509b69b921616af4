import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/store/port/backend.js';
import type { Proposals } from '../../src/store/port/proposals.js';
import type { Revision } from '../../src/store/port/state-store.js';
import { commit } from './store-contract.js';

/** What a driver's test provides: an empty store with its proposals, and the proposals of a second client. */
export interface ProposalsUnderTest {
  open(): Promise<{
    readonly store: Backend;
    readonly proposals: Proposals;
    another(): Promise<Proposals>;
  }>;
}

const MS = 20_000;
const BRANCH = 'kgit/propose/ada/dep-a';
const STATE = 'deployments/dep-a/state.yaml';
const author = { name: 'Ada', email: 'ada@example.com' };

/** The contract of Proposals, for every driver that has them. */
export function proposalsContract(name: string, under: ProposalsUnderTest): void {
  /** A store that has a state, and a proposal that sets a path of it. */
  async function proposed() {
    const opened = await under.open();
    const { store, proposals } = opened;
    await store.swap(null, [commit({ [STATE]: 'deployment:\n  a: 1\n  b: 1\n', note: '1' })], MS);
    const base = (await store.refresh(MS)).revision as Revision;
    const tip = await built(proposals, base, { [STATE]: 'deployment:\n  a: 2\n  b: 1\n' });
    const close = () => Promise.all([store.close(), proposals.close()]);
    return { ...opened, base, tip, close };
  }

  async function built(
    proposals: Proposals,
    base: Revision,
    files: Record<string, string>,
  ): Promise<Revision> {
    return (await proposals.build(base, [commit(files)])).at(-1) as Revision;
  }

  describe(`${name} keeps the contract of Proposals`, () => {
    it('takes names of branches, and none that a tool could take for something else', async () => {
      const { proposals, close } = await proposed();
      for (const good of [BRANCH, 'fix-1', 'a/b.c']) expect(proposals.isName(good), good).toBe(true);
      for (const bad of ['', '-x', 'a b', 'a..b', 'HEAD', 'refs/heads/x', 'a//b', 'x.lock', 'ü'])
        expect(proposals.isName(bad), bad).toBe(false);
      await close();
    });

    it('creates a branch once, and shows it to every client; the state branch stays', async () => {
      const { store, proposals, another, base, tip, close } = await proposed();
      const other = await another();
      expect(await proposals.tips(BRANCH, MS)).toEqual(new Map());
      const created = await proposals.move({ branch: BRANCH, from: null, to: tip }, MS);
      expect(created.failure).toBeNull();
      expect(await other.tips(BRANCH, MS)).toEqual(new Map([[BRANCH, tip]]));
      const late = await built(other, base, { note: '2' });
      const second = await other.move({ branch: BRANCH, from: null, to: late }, MS);
      expect(second.failure?.kind).toBe('moved');
      expect((await store.refresh(MS)).revision).toBe(base);
      expect(await store.view(tip).read(STATE)).toContain('a: 2');
      await Promise.all([close(), other.close()]);
    });

    it('lists the branches below a name alone', async () => {
      const { proposals, tip, close } = await proposed();
      for (const branch of [BRANCH, 'kgit/propose/ada/dep-b', 'kgit/propose/bo/dep-a'])
        await proposals.move({ branch, from: null, to: tip }, MS);
      expect([...(await proposals.tips('kgit/propose/ada', MS)).keys()].sort()).toEqual([
        BRANCH,
        'kgit/propose/ada/dep-b',
      ]);
      await close();
    });

    it('moves a branch only from where the move begins, forth or anew', async () => {
      const { proposals, another, base, tip, close } = await proposed();
      await proposals.move({ branch: BRANCH, from: null, to: tip }, MS);
      const other = await another();
      await other.tips(BRANCH, MS);
      const forth = await built(other, tip, { note: '2' });
      expect((await other.move({ branch: BRANCH, from: tip, to: forth }, MS)).failure).toBeNull();
      const anew = await built(proposals, base, { note: '3' });
      const stale = await proposals.move({ branch: BRANCH, from: tip, to: anew }, MS);
      expect(stale.failure?.kind).toBe('moved');
      expect((await proposals.tips(BRANCH, MS)).get(BRANCH)).toBe(forth);
      expect((await proposals.move({ branch: BRANCH, from: forth, to: anew }, MS)).failure).toBeNull();
      expect((await other.tips(BRANCH, MS)).get(BRANCH)).toBe(anew);
      await Promise.all([close(), other.close()]);
    });

    it('merges the state branch path by path, as a merge or on top of it', async () => {
      const { store, proposals, base, tip, close } = await proposed();
      const parts = { author, message: 'merge\n', ours: tip };
      expect(await proposals.merge({ ...parts, theirs: base, isRebased: false })).toEqual({
        kind: 'current',
      });
      await store.swap(base, [commit({ [STATE]: 'deployment:\n  a: 1\n  b: 3\n', note: '3' })], MS);
      const theirs = (await store.refresh(MS)).revision as Revision;
      for (const isRebased of [false, true]) {
        const merged = await proposals.merge({ ...parts, theirs, isRebased });
        if (merged.kind !== 'merged') throw new Error(merged.kind);
        expect(merged.files).toEqual([STATE]);
        expect(await store.view(merged.revision).read(STATE)).toBe('deployment:\n  a: 2\n  b: 3\n');
        expect(await store.view(merged.revision).read('note')).toBe('3');
        const to = merged.revision;
        const from = (await proposals.tips(BRANCH, MS)).get(BRANCH) ?? null;
        expect((await proposals.move({ branch: BRANCH, from, to }, MS)).failure).toBeNull();
      }
      await close();
    });

    it('names every path in conflict, and how to decide by hand', async () => {
      const { store, proposals, base, tip, close } = await proposed();
      await store.swap(base, [commit({ [STATE]: 'deployment:\n  a: 3\n  b: 1\n' })], MS);
      const theirs = (await store.refresh(MS)).revision as Revision;
      const merge = { author, message: 'merge\n', ours: tip, theirs, isRebased: false };
      expect(await proposals.merge(merge)).toMatchObject({
        kind: 'conflicts',
        files: [{ file: STATE, conflicts: [{ path: ['deployment', 'a'], base: 1, ours: 2, theirs: 3 }] }],
      });
      for (const step of [proposals.removal(BRANCH), ...proposals.mergeByHand(BRANCH, [STATE])])
        expect(step).toMatch(/^\S[^\n]*\S$/);
      await close();
    });
  });
}
