import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statePath } from '../../../src/model/subject/layout.js';
import type { Clock } from '../../../src/store/port/host.js';
import type { Head, SwapOutcome } from '../../../src/store/port/state-store.js';
import { asksFirst, joinWindow } from '../../../src/store/publish/publish-schedule.js';
import type { PushRecord } from '../../../src/store/publish/push-log.js';
import {
  actor,
  eventOperation,
  FaultyStore,
  fakeClock,
  repositoryOf,
  setOperation,
  T0,
} from '../../support/store-fixtures.js';

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

const HOUR_MS = 3_600_000;

describe('whether the tip is asked for before the first try', () => {
  const raced = (sinceMs?: number) =>
    push(1, { isRaced: true, ...(sinceMs === undefined ? {} : { sinceMs }) });
  const quiet = (sinceMs?: number) =>
    push(1, { isRaced: false, ...(sinceMs === undefined ? {} : { sinceMs }) });

  it.each([
    ['a clone that never pushed', [], HOUR_MS, false],
    ['a clone that never heard from the remote', [raced(0), raced(0)], null, false],
    ['others who wrote within a shorter pause', [raced(HOUR_MS / 2)], HOUR_MS, true],
    ['others who wrote within as long a pause', [raced(HOUR_MS)], HOUR_MS, true],
    ['others who wrote within a longer pause', [raced(2 * HOUR_MS)], HOUR_MS, false],
    ['nobody who wrote, however long it was', [quiet(9 * HOUR_MS)], HOUR_MS, false],
    ['pauses of both kinds', [raced(10), quiet(2 * HOUR_MS), quiet(3 * HOUR_MS)], HOUR_MS, false],
    ['quiet pauses that were shorter', [quiet(10), quiet(20), raced(HOUR_MS / 2)], HOUR_MS, true],
    ['a tie', [raced(10), quiet(2 * HOUR_MS)], HOUR_MS, false],
    ['records of an old version', [raced(), raced()], HOUR_MS, false],
    ['races of long ago', [raced(10), ...Array.from({ length: 10 }, () => quiet(HOUR_MS))], HOUR_MS, false],
  ])('after %s', (_, pushes, sinceMs, expected) => {
    expect(asksFirst(pushes, T0 + HOUR_MS, sinceMs)).toBe(expected);
  });

  it.each([
    ['where no push has a vote', [raced(2 * HOUR_MS)], 60_000, true],
    ['where they differ', [raced(10), quiet(HOUR_MS), raced(HOUR_MS)], 60_000, true],
    ['not where the others say no', [quiet(HOUR_MS), quiet(HOUR_MS), raced(60_001)], 60_000, false],
    ['where the tip was never known', [raced()], null, true],
  ])('others who were met a moment ago count %s', (_, pushes, sinceMs, expected) => {
    expect(asksFirst(pushes, T0 + 1_000, sinceMs)).toBe(expected);
  });

  it('never stops with a longer pause', () => {
    const record = fc.record({ isRaced: fc.boolean(), sinceMs: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), fc.nat(100), fc.nat(100), (records, one, more) => {
        const pushes = records.map((each) => push(1, each));
        const asks = (sinceMs: number) => asksFirst(pushes, T0 + HOUR_MS, sinceMs);
        expect(asks(one) && !asks(one + more)).toBe(false);
      }),
    );
  });
});

/** A copy of a branch, to which others write. */
class TeamStore extends FaultyStore {
  /** What the copy knows, and when it last heard from the remote. */
  #known: Head = { revision: null, fetchedAt: null };
  readonly #clock: Clock;

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  override async head(): Promise<Head> {
    return this.#known;
  }

  override async refresh(): Promise<Head> {
    this.refreshes += 1;
    return this.#hear();
  }

  override async swap(...args: Parameters<FaultyStore['swap']>): Promise<SwapOutcome> {
    const outcome = await super.swap(...args);
    if (outcome.kind === 'swapped') await this.#hear();
    return outcome;
  }

  /** What a teammate does, of which the copy does not hear. */
  async write(): Promise<void> {
    const { revision } = await super.head();
    const files = new Map([[statePath('theirs'), `deployment:\n  phase: p${this.#clock.now()}\n`]]);
    await super.swap(revision, [{ message: 'theirs', author: actor, time: T0, files }], 0);
  }

  async #hear(): Promise<Head> {
    this.#known = { ...(await super.head()), fetchedAt: this.#clock.now() };
    return this.#known;
  }
}

describe('a clone of a team', () => {
  it('loses one race, and then asks first after pauses in which others write, and not between writes in a row', async () => {
    const clock = fakeClock(T0);
    const store = new TeamStore(clock);
    const { outbox, publisher } = repositoryOf(store, clock);
    const writes: [pause: number, asked: number, pushed: number][] = [];
    const write = async (pauseMs: number) => {
      await clock.sleep(pauseMs);
      const [asked, pushed] = [store.refreshes, store.swaps];
      await outbox.add(setOperation('deployment.phase', `p${clock.now()}`), store.target);
      await publisher.publishAll(clock.now() + 60_000);
      writes.push([pauseMs, store.refreshes - asked, store.swaps - pushed]);
    };
    await write(0);
    for (let day = 0; day < 4; day++) {
      await store.write();
      await write(HOUR_MS);
      await write(1_000);
    }
    const [first, lost, ...later] = writes;
    expect(first).toEqual([0, 0, 1]);
    expect(lost).toEqual([HOUR_MS, 1, 2]);
    // Others had been met a moment before, and nothing spoke against them yet.
    expect(later.splice(0, 1)).toEqual([[1_000, 1, 1]]);
    expect(later).toEqual(
      [1, 2, 3].flatMap(() => [
        [HOUR_MS, 1, 1],
        [1_000, 0, 1],
      ]),
    );
  });
});
