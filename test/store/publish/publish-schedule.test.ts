import { describe, expect, it } from 'vitest';
import { joinWindow } from '../../../src/store/publish/publish-schedule.js';
import type { PushRecord } from '../../../src/store/publish/push-log.js';
import { eventOperation, FaultyStore, fakeClock, repositoryOf, T0 } from '../../support/store-fixtures.js';

const push = (operations: number, more: Partial<PushRecord> = {}): PushRecord => ({
  ...{ at: T0, ms: 120, attempts: 1, operations, isPublished: true },
  ...more,
});

describe('the window in which others of a clone may come along', () => {
  it.each([
    ['who writes alone', [push(1)], 1, 0],
    ['a clone that never pushed', [], 1, 0],
    ['a push that was shared', [push(5)], 1, 120],
    ['a shared push of a slow server', [push(5, { ms: 3_000 })], 1, 250],
    ['a shared push of long ago', [push(5)], 2_001, 0],
    ['a shared push, and one alone since', [push(5), push(1)], 1, 0],
    ['a clock that was set back', [push(5)], -1, 0],
  ])('after %s', (_, pushes, since, expected) => {
    expect(joinWindow(pushes, T0 + since)).toBe(expected);
  });

  it.each([
    ['is kept where the push before was shared', 3, [120]],
    ['costs nothing where it was not', 1, []],
  ])('%s', async (_, operations, slept) => {
    const store = new FaultyStore();
    const clock = fakeClock(T0 + 10);
    const { outbox, publisher, pushes } = repositoryOf(store, clock);
    await pushes.add(push(operations));
    const late = eventOperation();
    const own = eventOperation();
    await outbox.add(own, store.target);
    const { sleep } = clock;
    clock.sleep = async (ms) => {
      await outbox.add(late, store.target);
      await sleep(ms);
    };
    const { delivery } = await publisher.deliver(own.id, clock.now() + 60_000, true);
    expect(delivery.kind).toBe('published');
    expect(clock.slept).toEqual(slept);
    expect(store.swaps).toBe(1);
    expect((await pushes.read()).at(-1)?.operations).toBe(operations > 1 ? 2 : 1);
  });
});
