import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { StateView } from '../../../src/store/port/state-store.js';
import { listBelow } from '../../../src/store/read/list-below.js';
import { OverlayView } from '../../../src/store/read/overlay-view.js';
import { MemoryStore } from '../../support/memory-store.js';
import { commit } from '../../support/store-contract.js';

const FOLDERS = ['', 'a', 'a/b', 'a/b/c', 'd', 'd/e', 'f'];
const FILES = ['1', '2', 'a/1', 'a/2', 'a/b/1', 'a/b/2', 'a/b/c/1', 'd/e/1', 'd/e/2', 'd/1'];

/** All that a view answers. */
async function answers(view: StateView): Promise<unknown> {
  const lists = FOLDERS.flatMap((folder) => [view.list(folder), view.list(folder, '1')]);
  const texts = FILES.map((file) => view.read(file));
  const listed = new Map<string, unknown>();
  const below = FOLDERS.filter(Boolean);
  await listBelow(view, below, {
    choose: (entries, place) => {
      listed.set(`${below[place]}`, entries);
      return entries.filter(({ kind }) => kind === 'folder').map(({ name }) => name);
    },
    take: (entries, place, name) => {
      listed.set(`${below[place]}: ${name}`, entries);
      return entries.map((entry) => entry.name);
    },
  });
  const kinds = [...FOLDERS.filter(Boolean), ...FILES].map((path) => view.kindOf(path));
  return {
    lists: await Promise.all(lists),
    listed,
    texts: await Promise.all(texts),
    kinds: await Promise.all(kinds),
  };
}

it('what is laid over a view reads as if it were committed, whatever was asked in between', async () => {
  const change = fc.oneof(
    fc.tuple(fc.constantFrom(...FILES), fc.constantFrom('x', 'y')),
    fc.tuple(fc.constantFrom(...FILES, ...FOLDERS.filter(Boolean)), fc.constant(null)),
  );
  const changes = fc.array(fc.tuple(fc.array(change, { minLength: 1, maxLength: 6 }), fc.boolean()), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(fc.subarray(FILES), changes, async (begin, steps) => {
      const store = new MemoryStore();
      await store.swap(null, [commit(Object.fromEntries(begin.map((path) => [path, '0'])))], 1_000);
      const overlay = new OverlayView(store.view((await store.head()).revision));
      for (const [files, isAsked] of steps) {
        const { revision } = await store.head();
        const next = commit(Object.fromEntries(files));
        await store.swap(revision, [next], 1_000);
        overlay.write(next.files);
        if (isAsked) await answers(overlay);
      }
      expect(await answers(overlay)).toEqual(await answers(store.view((await store.head()).revision)));
    }),
    { numRuns: 1_000 },
  );
});
