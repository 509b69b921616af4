import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/store/port/backend.js';
import type { WorkingCopy } from '../../src/store/port/working-copy.js';
import { commit } from './store-contract.js';

/** The contract of WorkingCopy, for drivers that have one. */
export function workingCopyContract(
  name: string,
  under: { open(): Promise<Backend & { readonly workingCopy: WorkingCopy }> },
): void {
  describe(`${name} keeps the contract of WorkingCopy`, () => {
    it('has nothing to do, and nothing to say, in an empty store', async () => {
      const { workingCopy, ...store } = await opened();
      expect(await workingCopy.checkedOut()).toBeNull();
      expect(await workingCopy.behind()).toBe(0);
      expect([await workingCopy.settle(), await workingCopy.follow()]).toEqual([[], []]);
      await store.close();
    });

    it('follows what is swapped in, and can be prepared twice', async () => {
      const { workingCopy, ...store } = await opened();
      await workingCopy.prepare();
      await store.swap(null, [commit({ a: '1' }), commit({ b: '2' })]);
      await workingCopy.prepare();
      expect(await workingCopy.follow()).toEqual([]);
      expect(await workingCopy.behind()).toBe(0);
      expect([null, (await store.head()).revision]).toContain(await workingCopy.checkedOut());
      await store.close();
    });
  });

  async function opened() {
    const store = await under.open();
    return {
      workingCopy: store.workingCopy,
      head: () => store.head(),
      swap: (...[base, commits]: [null, ReturnType<typeof commit>[]]) => store.swap(base, commits, 10_000),
      close: () => store.close(),
    };
  }
}
