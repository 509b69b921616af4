import { expect, it } from 'vitest';
import { acceptRewrite, syncNow } from '../../../src/app/outbox/sync-now.js';
import { RemoteError } from '../../../src/errors.js';
import type { OtherHistory } from '../../../src/store/port/shared-history.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { eventOperation, FaultyStore, setOperation } from '../../support/store-fixtures.js';

function syncs() {
  const store = new FaultyStore();
  const memory = memoryWriting({}, store);
  const { clock, notes, writing } = memory;
  const parts = () => ({ deadline: clock.now() + 5_000, note: (line: string) => notes.push(line) });
  return { ...memory, store, sync: async () => syncNow(await writing(), parts()) };
}

it('publishes what waits, and says where the head is then', async () => {
  const { sync, context, store } = syncs();
  const operation = eventOperation();
  await context.opened.repository.keep(operation);
  const { result, head, hasMoved } = await sync();
  expect(result).toEqual({ published: [operation.id], rejected: [], pending: 0, behind: 0 });
  expect([head.revision, hasMoved]).toEqual([(await store.head()).revision, true]);
  expect(await sync()).toMatchObject({ result: { published: [] }, hasMoved: false });
});

it('names what can no longer be carried out, once', async () => {
  const { sync, context } = syncs();
  const path = ['a'];
  const doomed = setOperation('b', 1, [{ check: 'equals', path, value: 2 }]);
  await context.opened.repository.keep(doomed);
  const { result } = await sync();
  expect(result.rejected).toMatchObject([{ operation: doomed.id, code: 'CONFLICT' }]);
  expect((await sync()).result.rejected).toEqual([]);
});

it('throws why something still waits, with what was published', async () => {
  const { sync, context, store } = syncs();
  await context.opened.repository.keep(eventOperation());
  store.onSwap = () => ({ kind: 'unreachable', error: new RemoteError('the remote is away') });
  await expect(sync()).rejects.toMatchObject({ code: 'REMOTE', data: { published: [], pending: 1 } });
});

it('replaces the known history only by an unrelated one, and only if the user agrees', async () => {
  const { store, clock, writing, context } = syncs();
  const operation = eventOperation('lost');
  await context.opened.repository.keep(operation);
  const other: OtherHistory = { known: 'a', found: 'b', knownCount: 2, foundCount: 1 };
  let found: OtherHistory | null = null;
  const accepted: OtherHistory[] = [];
  Object.assign(store, {
    shared: {
      otherHistory: async () => found,
      acceptHistory: async (one: OtherHistory) => void accepted.push(one),
    },
  });
  const asked: unknown[] = [];
  const accept = async (agrees: boolean) =>
    acceptRewrite(await writing(), {
      clock,
      confirm: async (one, waiting) => {
        asked.push([one, waiting.map(({ id }) => id)]);
        if (!agrees) throw new Error('declined');
      },
    });
  expect([await accept(true), asked, accepted]).toEqual([false, [], []]);
  found = other;
  await expect(accept(false)).rejects.toThrow('declined');
  expect(accepted).toEqual([]);
  expect(await accept(true)).toBe(true);
  expect([asked.at(-1), accepted]).toEqual([[other, [operation.id]], [other]]);
});
