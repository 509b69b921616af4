import { describe, expect, it } from 'vitest';
import { FencedError, RemoteError } from '../../../src/errors.js';
import { claimOf } from '../../../src/model/lease/lease.js';
import { LeaseKeeper } from '../../../src/store/lease/lease-keeper.js';
import type { Leases } from '../../../src/store/lease/leases.js';
import type { Clock } from '../../../src/store/port/host.js';
import { author, clone, MS, TTL } from '../../support/lease-clones.js';
import { MemoryStore } from '../../support/memory-store.js';
import { anId, fakeClock, T0 } from '../../support/store-fixtures.js';

/**
 * A keeper whose clock stands still while a renewal is in progress: the files of a renewal take as long as the machine
 * takes, which must not pass as minutes of a lease. `renewals` are the times at which they began.
 */
function keeperOf(leases: Leases, clock: Clock) {
  const renewals: number[] = [];
  let renewing: Promise<unknown> = Promise.resolve();
  const renew = leases.renew.bind(leases);
  leases.renew = (...args) => {
    renewals.push(clock.now() - T0);
    const renewed = renew(...args);
    renewing = renewed.catch(() => undefined);
    return renewed;
  };
  const sleep = async (ms: number) => {
    await renewing;
    await clock.sleep(ms);
  };
  return { keeper: new LeaseKeeper(leases, { ...clock, sleep }, MS), renewals };
}

describe('a keeper', () => {
  it('renews at a third of the TTL', async () => {
    const clock = fakeClock();
    const { leases, take } = clone(new MemoryStore(), 'one', clock);
    const claim = claimOf((await take()).record);
    let over = () => {};
    const isOver = new Promise<void>((resolve) => {
      over = resolve;
    });
    const sleep = async (ms: number) => {
      if (clock.now() >= T0 + 2 * TTL) over();
      await clock.sleep(ms);
    };
    const { keeper, renewals } = keeperOf(leases, { ...clock, sleep });
    await keeper.start(claim, author, () => expect.unreachable());
    await isOver;
    await keeper.stop();
    expect(keeper.lost).toBeNull();
    expect(renewals).toEqual([1, 2, 3, 4, 5, 6].map((third) => (third * TTL) / 3));
  });

  it('does not renew what writes have renewed', async () => {
    const clock = fakeClock();
    const { leases, take } = clone(new MemoryStore(), 'one', clock);
    const claim = claimOf((await take()).record);
    let over = () => {};
    const isOver = new Promise<void>((resolve) => {
      over = resolve;
    });
    const renew = leases.renew.bind(leases);
    let isWritten = false;
    const sleep = async (ms: number) => {
      if (!isWritten && clock.now() >= T0 + TTL / 4) {
        isWritten = true;
        await renew(claim, author, MS);
      }
      if (clock.now() >= T0 + TTL / 2) over();
      await clock.sleep(ms);
    };
    const { keeper, renewals } = keeperOf(leases, { ...clock, sleep });
    await keeper.start(claim, author, () => expect.unreachable());
    await isOver;
    await keeper.stop();
    expect(isWritten).toBe(true);
    expect(renewals).toEqual([]);
  });

  it('tells that the lease is lost: taken over, or not to be renewed in time', async () => {
    const store = new MemoryStore();
    const clock = fakeClock();
    const [one, two] = [clone(store, 'one', clock), clone(store, 'two', clock)];
    const { keeper: taken } = keeperOf(one.leases, clock);
    const claim = claimOf((await one.take()).record);
    await two.leases.break('network', anId(), two.by, MS);
    await new Promise<void>((lost) => taken.start(claim, author, lost));
    expect(taken.lost).toBeInstanceOf(FencedError);
    const again = claimOf((await one.take()).record);
    store.leases.move = async () => ({ kind: 'unreachable', error: new RemoteError('no route') });
    const { keeper: cut } = keeperOf(one.leases, clock);
    const began = clock.now();
    await new Promise<void>((lost) => cut.start(again, author, lost));
    expect(cut.lost?.message).toContain('could not be renewed in time: no route');
    expect(clock.now() - began).toBeGreaterThanOrEqual(TTL);
    expect(clock.now() - began).toBeLessThan(TTL + 2 * MS);
  });
});
