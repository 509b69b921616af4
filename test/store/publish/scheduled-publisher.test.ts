import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RemoteError } from '../../../src/errors.js';
import type { Operation } from '../../../src/model/operation/operation.js';
import { ProcessLock } from '../../../src/store/local/process-lock.js';
import { ScheduledPublisher } from '../../../src/store/publish/scheduled-publisher.js';
import {
  eventOperation,
  FaultyStore,
  fakeClock,
  repositoryOf,
  T0,
  thisProcess,
} from '../../support/store-fixtures.js';

function scheduled() {
  const store = new FaultyStore();
  const parts = repositoryOf(store);
  const backgroundLock = new ProcessLock(join(parts.folder, 'publisher.lock'), thisProcess);
  const publisher = new ScheduledPublisher({ ...parts, backgroundLock, target: store.target });
  const keep = (operation: Operation) => parts.outbox.add(operation, store.target);
  return { ...parts, store, backgroundLock, scheduled: publisher, keep };
}
const commits = async (store: FaultyStore) => {
  let count = 0;
  const { revision } = await store.head();
  if (revision) for await (const _entry of store.history.timeline(revision)) count += 1;
  return count;
};

describe('publishing when it is due', () => {
  it('joins what waits into one push, an interval after the oldest', async () => {
    const { store, pushes, scheduled: publisher, keep, outbox } = scheduled();
    for (let i = 0; i < 20; i++) await keep(eventOperation());
    await publisher.run(10_000, 60_000);
    expect(store.swaps).toBe(1);
    expect(await commits(store)).toBe(20);
    const [push] = await pushes.read();
    expect((push?.at ?? 0) - T0).toBeGreaterThanOrEqual(10_000);
    expect((push?.at ?? 0) - T0).toBeLessThan(11_000);
    expect(await outbox.size()).toBe(0);
  });

  it('keeps an interval between two pushes, also where more is written meanwhile', async () => {
    const { store, scheduled: publisher, keep, pushes } = scheduled();
    await keep(eventOperation());
    let more = 3;
    store.onSwap = async () => {
      if (more-- > 0) await keep(eventOperation());
      return null;
    };
    await publisher.run(10_000, 60_000);
    expect(store.swaps).toBe(4);
    const times = (await pushes.read()).map(({ at }) => at);
    for (const [i, at] of times.slice(1).entries())
      expect(at - (times[i] as number)).toBeGreaterThanOrEqual(10_000);
    expect((times.at(-1) ?? 0) - T0).toBeLessThan(41_000);
  });

  it('stays a while after a push for what is written next, and no longer', async () => {
    const { clock, scheduled: publisher, keep, pushes, backgroundLock } = scheduled();
    await keep(eventOperation());
    const { sleep } = clock;
    let looks = 0;
    clock.sleep = async (ms) => {
      await sleep(ms);
      if ((await pushes.read()).length === 1 && looks++ === 0) await keep(eventOperation());
    };
    await publisher.run(1_000, 60_000);
    expect(await pushes.read()).toHaveLength(2);
    expect(clock.now() - T0).toBeLessThan(5_000);
    expect(await backgroundLock.tryAcquire()).toBe(true);
  });

  it('tries once what the remote does not take, and leaves it to others', async () => {
    const { store, scheduled: publisher, keep, outbox } = scheduled();
    store.onSwap = () => ({ kind: 'unreachable', error: new RemoteError('away') });
    await keep(eventOperation());
    await publisher.run(1_000, 1_000);
    expect(store.swaps).toBe(1);
    expect(await outbox.list()).toMatchObject([{ attempts: 1, error: { message: 'away' } }]);
    await publisher.run(1_000, 1_000);
    expect(store.swaps).toBe(1);
  });

  it('leaves it to the one that runs already, and takes over from a dead one', async () => {
    const { store, scheduled: publisher, backgroundLock, keep } = scheduled();
    await keep(eventOperation());
    expect(await publisher.isRunning()).toBe(false);
    await backgroundLock.tryAcquire();
    expect(await publisher.isRunning()).toBe(true);
    await publisher.run(0, 1_000);
    expect(store.swaps).toBe(0);
    await backgroundLock.release();
    await publisher.run(0, 1_000);
    expect(store.swaps).toBe(1);
  });
});

describe('a write that must be answered', () => {
  it('waits for the interval, so that others go along, but for half of its time at most', async () => {
    const options = { queue: false, requirePublish: true, dryRun: false, withdraw: false };
    for (const [deadline, waited] of [
      [60_000, 10_000],
      [8_000, 4_000],
    ] as const) {
      const { repository, keep, store, clock } = scheduled();
      await keep(eventOperation());
      const write = { ...options, deadline: T0 + deadline, interval: 10_000 };
      expect(await repository.write(eventOperation(), write)).toMatchObject({ delivery: 'published' });
      expect(store.swaps).toBe(1);
      expect(await commits(store)).toBe(2);
      expect(clock.now() - T0).toBeGreaterThanOrEqual(waited);
      expect(clock.now() - T0).toBeLessThan(waited + 1_000);
    }
  });

  it('does not wait where there is no remote', async () => {
    const clock = fakeClock();
    const store = new FaultyStore();
    Object.defineProperty(store, 'isRemote', { value: false });
    const { repository } = repositoryOf(store, clock);
    const options = { queue: false, requirePublish: true, dryRun: false, withdraw: false };
    await repository.write(eventOperation(), { ...options, deadline: T0 + 60_000, interval: 10_000 });
    expect(clock.now()).toBe(T0);
  });
});
