import { describe, expect, it } from 'vitest';
import { FencedError, RemoteError } from '../../../src/errors.js';
import { claimOf } from '../../../src/model/lease/lease.js';
import { LeaseKeeper } from '../../../src/store/lease/lease-keeper.js';
import { author, clone, MS, TTL } from '../../support/lease-clones.js';
import { MemoryStore } from '../../support/memory-store.js';
import { anId, fakeClock, T0 } from '../../support/store-fixtures.js';

describe('a keeper', () => {
  it('renews at a third of the TTL, and not what writes have renewed', async () => {
    const store = new MemoryStore();
    const clock = fakeClock();
    const one = clone(store, 'one', clock);
    const claim = claimOf((await one.take()).record);
    const renewals = new Set<number>();
    const renewedAt = async () => (await store.leases.read('network'))?.record.at as number;
    let done = () => {};
    const isOver = new Promise<void>((resolve) => {
      done = resolve;
    });
    const sleep = async (ms: number) => {
      const renewed = await renewedAt();
      renewals.add(renewed);
      // A renewal takes no time of this clock, however long it takes the machine.
      if (clock.now() < renewed + TTL / 3) await clock.sleep(ms);
      else await new Promise((turn) => setTimeout(turn, 1));
      if (clock.now() >= T0 + 3 * TTL) done();
    };
    const keeper = new LeaseKeeper(one.leases, { ...clock, sleep }, MS);
    await keeper.start(claim, author, () => expect.unreachable());
    await isOver;
    await keeper.stop();
    expect(keeper.lost).toBeNull();
    expect(renewals.size).toBeGreaterThanOrEqual(9);
    expect(renewals.size).toBeLessThanOrEqual(11);
  });

  it('tells that the lease is lost: taken over, or not to be renewed in time', async () => {
    const store = new MemoryStore();
    const clock = fakeClock();
    const [one, two] = [clone(store, 'one', clock), clone(store, 'two', clock)];
    const taken = new LeaseKeeper(one.leases, clock, MS);
    const claim = claimOf((await one.take()).record);
    await two.leases.break('network', anId(), two.by, MS);
    await new Promise<void>((lost) => taken.start(claim, author, lost));
    expect(taken.lost).toBeInstanceOf(FencedError);
    const again = claimOf((await one.take()).record);
    store.leases.move = async () => ({ kind: 'unreachable', error: new RemoteError('no route') });
    const cut = new LeaseKeeper(one.leases, clock, MS);
    const began = clock.now();
    await new Promise<void>((lost) => cut.start(again, author, lost));
    expect(cut.lost?.message).toContain('could not be renewed in time: no route');
    expect(clock.now() - began).toBeGreaterThanOrEqual(TTL);
    expect(clock.now() - began).toBeLessThan(TTL + 1_000);
  });
});
