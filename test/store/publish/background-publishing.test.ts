import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RemoteError } from '../../../src/errors.js';
import { ProcessLock } from '../../../src/store/local/process-lock.js';
import { BackgroundPublishing } from '../../../src/store/publish/background-publishing.js';
import { ScheduledPublisher } from '../../../src/store/publish/scheduled-publisher.js';
import { until } from '../../support/patience.js';
import {
  eventOperation,
  FaultyStore,
  fakeClock,
  repositoryOf,
  thisProcess,
} from '../../support/store-fixtures.js';

function background() {
  const store = new FaultyStore();
  const clock = fakeClock();
  const { outbox, folder, publisher, pushes } = repositoryOf(store, clock);
  const backgroundLock = new ProcessLock(join(folder, 'publisher.lock'), thisProcess);
  const { target } = store;
  const scheduled = new ScheduledPublisher({ publisher, outbox, pushes, backgroundLock, clock, target });
  const notes: string[] = [];
  const publishing = new BackgroundPublishing(
    { store, outbox, scheduled, clock },
    { afterMs: 1_000, timeoutMs: 5_000, note: (message) => notes.push(message) },
  );
  const add = async () => {
    const operation = eventOperation();
    await outbox.add(operation, target);
    return operation.id;
  };
  /** How long it paused before it tried to publish one more. */
  const pauseOf = async (isTried: (id: string) => Promise<boolean>) => {
    clock.slept.length = 0;
    const id = await add();
    publishing.kept(id);
    await until(() => isTried(id));
    return clock.slept.reduce((sum, ms) => sum + ms, 0);
  };
  const away = () => {
    throw new RemoteError('away');
  };
  return { store, clock, outbox, publishing, notes, add, pauseOf, away };
}

describe('publishing behind the back of a process that writes', () => {
  it('asks a remote that is away less and less often, and looks at nothing that waits for it', async () => {
    const { store, outbox, notes, add, pauseOf, away } = background();
    for (let i = 0; i < 30; i++) await add();
    store.onRefresh = away;
    const isTold = async (id: string) =>
      (await outbox.list()).find((entry) => entry.id === id)?.error?.message === 'away';
    const pauses = [await pauseOf(isTold), await pauseOf(isTold), await pauseOf(isTold)];
    expect(pauses).toEqual([1_000, 2_000, 4_000]);
    for (let i = 0; i < 6; i++) pauses.push(await pauseOf(isTold));
    expect(pauses.at(-1)).toBe(60_000);
    expect([store.refreshes, store.swaps]).toEqual([9, 0]);
    expect(notes).toContain('not published yet: away');
    // What waited before is as it was.
    expect((await outbox.list()).filter(({ attempts }) => attempts > 0)).toHaveLength(9);
    store.onRefresh = () => undefined;
    const isOut = async () => (await outbox.size()) === 0;
    await pauseOf(isOut);
    expect(store.swaps).toBe(1);
  });

  it('publishes what is left at once where the process ends, and tries a remote that is away once more', async () => {
    const { store, outbox, publishing, add, away } = background();
    await add();
    store.onRefresh = away;
    publishing.kept(await add());
    await publishing.rest();
    expect([store.refreshes, store.swaps, await outbox.size()]).toEqual([1, 0, 2]);
    const again = background();
    again.publishing.kept(await again.add());
    await again.publishing.rest();
    expect([again.store.refreshes, again.store.swaps, await again.outbox.size()]).toEqual([0, 1, 0]);
  });
});
