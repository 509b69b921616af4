import { expect, it } from 'vitest';
import { type OutboxIntent, workOnOutbox } from '../../../src/app/outbox/work-on-outbox.js';
import { RefusedError, RemoteError } from '../../../src/errors.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { eventOperation, FaultyStore } from '../../support/store-fixtures.js';

/** An outbox in which operations wait, in the order given. */
async function waiting(...actions: readonly string[]) {
  const store = new FaultyStore();
  const memory = memoryWriting({}, store);
  const { context, clock, notes } = memory;
  const operations = actions.map((action) => eventOperation(action));
  for (const operation of operations) await context.opened.repository.keep(operation);
  const work = (intent: OutboxIntent) =>
    workOnOutbox(context, intent, {
      environment: {},
      clock,
      deadline: clock.now() + 5_000,
      note: (line) => notes.push(line),
    });
  return { ...memory, store, work, ids: operations.map(({ id }) => id) };
}

it('lists what waits in its order, and why', async () => {
  const { work, ids } = await waiting('one', 'two');
  const { operations, proposed } = await work({ verb: 'list' });
  expect(proposed).toBeNull();
  expect(operations).toMatchObject([
    { id: ids[0], subject: 'cluster/default/kcm-system/prod', action: 'one', attempts: 0, error: null },
    { id: ids[1], action: 'two', refused: false },
  ]);
});

it('drops one operation for good, and no other', async () => {
  const { work, ids, store } = await waiting('one', 'two');
  const [first = ''] = ids;
  expect((await work({ verb: 'drop', id: first })).operations).toMatchObject([{ id: ids[1] }]);
  await expect(work({ verb: 'drop', id: first })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(store.swaps).toBe(0);
});

it('publishes what waits with retry; if that fails, throws the reason and keeps it', async () => {
  const { work, store } = await waiting('one', 'two');
  store.onSwap = () => ({ kind: 'unreachable', error: new RemoteError('the remote is away') });
  await expect(work({ verb: 'retry' })).rejects.toThrow('the remote is away');
  expect((await work({ verb: 'list' })).operations).toMatchObject([{ error: 'the remote is away' }, {}]);
  store.onSwap = () => null;
  expect((await work({ verb: 'retry' })).operations).toEqual([]);
});

it('marks an operation that is refused alone, and publishes the others', async () => {
  const { work, store, ids } = await waiting('one', 'two');
  const refused = new RefusedError('no such action', { data: {} });
  let asked = 0;
  store.onSwap = () => {
    asked += 1;
    return asked < 3 ? { kind: 'refused', error: refused } : null;
  };
  await expect(work({ verb: 'retry' })).rejects.toMatchObject({ code: 'REFUSED' });
  const { operations } = await work({ verb: 'list' });
  expect(operations.filter((one) => one.refused).map(({ id }) => id)).toEqual([ids[0]]);
});

it('puts back an operation that this clone published, within publish.keep only', async () => {
  const { work, ids, context } = await waiting('one');
  const [id = ''] = ids;
  await expect(work({ verb: 'requeue', id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  context.opened.repository.keepPublished(60_000);
  await work({ verb: 'retry' });
  expect((await work({ verb: 'requeue', id })).operations).toMatchObject([{ id }]);
});

it('proposes nothing that does not wait', async () => {
  const { work } = await waiting('one');
  const intent = { verb: 'propose' as const, id: 'none', title: undefined, branch: undefined };
  await expect(work(intent)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
