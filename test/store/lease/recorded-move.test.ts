import { beforeEach, describe, expect, it } from 'vitest';
import { NotFoundError, RefusedError, RemoteError } from '../../../src/errors.js';
import type { LeaseActor } from '../../../src/store/lease/acquisition.js';
import type { LeaseStore } from '../../../src/store/port/lease-store.js';
import type { SwapOutcome } from '../../../src/store/port/state-store.js';
import { anId, eventOperation, FaultyStore, fakeClock, repositoryOf } from '../../support/store-fixtures.js';

const MS = 5_000;
const author = { name: 'Ada', email: 'ada@example.com' };
const unknown = { kind: 'unknown', error: new RemoteError('the answer was cut off') } as const;

let store: DeafStore;
let clock: ReturnType<typeof fakeClock>;

function clone(host: string, mustTell = false) {
  const { leases } = repositoryOf(store, clock);
  const tell = () => eventOperation('lock_broken');
  const by: LeaseActor = { holder: { name: 'ada', host }, author, tell, mustTell };
  const rest = { name: 'network', ttl: 60_000, wait: 0, isShared: true, onWait: () => undefined };
  return {
    take: () => leases.acquire({ ...rest, ...by, lease: anId() }, MS),
    break_: () => leases.break('network', anId(), by, MS),
  };
}

/** What the lock and the branch say, which must be the same. */
async function told(): Promise<{ chain: string | undefined; events: number }> {
  const { revision } = await store.head();
  const events: string[] = [];
  for await (const { added } of store.history.timeline(revision as string))
    events.push(...added.filter((path) => path.includes('lock_broken')));
  return { chain: (await store.leases.read('network', 0))?.record.action, events: events.length };
}

/** A store whose next swap is carried out without an answer, and something else happens before anybody looks. */
class DeafStore extends FaultyStore {
  meanwhile: (() => Promise<unknown>) | null = null;

  override async swap(...args: Parameters<FaultyStore['swap']>): Promise<SwapOutcome> {
    const outcome = await super.swap(...args);
    const { meanwhile } = this;
    this.meanwhile = null;
    if (meanwhile === null) return outcome;
    await meanwhile();
    return unknown;
  }
}

beforeEach(async () => {
  store = new DeafStore();
  clock = fakeClock();
  await store.sneak({ 'kgit.yaml': 'apiVersion: kgit/v1\nkind: StateRepository\n' });
  await clone('one').take();
});

describe('a lease that is ended and the event of it', () => {
  it('land in one swap', async () => {
    const moves: unknown[] = [];
    store.leases.move = async (move) => {
      moves.push(move);
      return { kind: 'moved' };
    };
    const before = store.swaps;
    const { ended } = await clone('two').break_();
    expect(ended).toMatchObject({ previous: { host: 'one', token: 1 }, unrecorded: null });
    expect(ended.revision).toBe((await store.head()).revision);
    expect(await told()).toEqual({ chain: 'break', events: 1 });
    // The lock moved by no push of its own.
    expect([store.swaps - before, moves]).toEqual([1, []]);
  });

  it('land together after races for the branch were lost', async () => {
    let races = 3;
    store.onSwap = async (self) => {
      if (races-- <= 0) return null;
      await self.sneak({ [`other-${races}`]: '' });
      return null;
    };
    await clone('two').break_();
    expect(await told()).toEqual({ chain: 'break', events: 1 });
    expect(clock.slept).toEqual([100, 200, 400]);
  });

  it('have landed once where the answer was lost', async () => {
    store.meanwhile = async () => undefined;
    const { ended } = await clone('two').break_();
    expect(ended.unrecorded).toBeNull();
    expect(await told()).toEqual({ chain: 'break', events: 1 });
  });

  it('have landed once where the answer was lost and somebody took the lock since, who keeps it', async () => {
    store.meanwhile = () => clone('three').take();
    await clone('two').break_();
    expect(await told()).toEqual({ chain: 'acquire', events: 1 });
    expect((await store.leases.read('network', 0))?.record.holder.host).toBe('three');
  });

  it('are not there where the push was never carried out, and the next try lands them', async () => {
    let tries = 0;
    store.onSwap = () => (++tries === 1 ? unknown : null);
    await clone('two').break_();
    expect([tries, await told()]).toEqual([2, { chain: 'break', events: 1 }]);
  });

  it('are neither there when the remote is away, refuses us, or others are faster until the time is up', async () => {
    for (const outcome of [
      { kind: 'unreachable', error: new RemoteError('no route') },
      { kind: 'denied', error: new RemoteError('who are you') },
      { kind: 'moved' },
      unknown,
    ] as const) {
      store.onSwap = () => outcome;
      await expect(clone('two').break_()).rejects.toThrow(RemoteError);
      expect(await told(), outcome.kind).toEqual({ chain: 'acquire', events: 0 });
    }
    store.onSwap = () => ({ kind: 'refused', scope: 'locks', error: new RefusedError('no atomic push') });
    await expect(clone('two').break_()).rejects.toThrow('no atomic push');
    expect(await told()).toEqual({ chain: 'acquire', events: 0 });
  });

  it('of a lock that its holder renewed meanwhile are decided anew; of one that was released, not at all', async () => {
    const { take } = clone('three');
    const free = async (leases: LeaseStore) => {
      const tip = await leases.read('network', 0);
      if (!tip) throw new Error('nobody has it');
      const record = { ...tip.record, action: 'release' as const };
      await leases.move({ name: 'network', from: tip, records: [record], author }, 0);
    };
    store.onSwap = async (self) => {
      self.onSwap = () => null;
      await free(self.leases);
      await take();
      return null;
    };
    const { ended } = await clone('two').break_();
    expect(ended.previous).toMatchObject({ host: 'three', token: 2 });
    expect(await told()).toEqual({ chain: 'break', events: 1 });
    await take();
    store.onSwap = async (self) => {
      await free(self.leases);
      return null;
    };
    await expect(clone('two').break_()).rejects.toThrow(NotFoundError);
    expect(await told()).toEqual({ chain: 'release', events: 1 });
  });
});

describe('a branch that is closed to commits', () => {
  it('keeps no lease alive: the lock alone says that it was ended', async () => {
    store.onSwap = () => ({ kind: 'refused', error: new RefusedError('the branch is protected') });
    const { ended } = await clone('two').break_();
    expect(ended.revision).toBeNull();
    expect(ended.unrecorded?.message).toBe('the branch is protected');
    expect(await told()).toEqual({ chain: 'break', events: 0 });
  });

  it('but not where the event is asked for: nothing is ended, and it is said why', async () => {
    store.onSwap = () => ({ kind: 'refused', error: new RefusedError('the branch is protected') });
    const failed = clone('two', true).break_();
    await expect(failed).rejects.toBeInstanceOf(RefusedError);
    await expect(failed).rejects.toThrow(
      'the lease was not ended, for its event was not taken: the branch is',
    );
    expect(await told()).toEqual({ chain: 'acquire', events: 0 });
  });

  it('also where the answer to that was lost', async () => {
    store.onSwap = () => ({ kind: 'refused', error: new RefusedError('the branch is protected') });
    const move = store.leases.move.bind(store.leases);
    store.leases.move = async (wanted) => {
      await move(wanted, 0);
      return unknown;
    };
    expect((await clone('two').break_()).ended.revision).toBeNull();
    expect(await told()).toEqual({ chain: 'break', events: 0 });
  });
});

it('an expired lease is ended, told of and taken over in one swap', async () => {
  const two = clone('two');
  await expect(two.take()).rejects.toThrow('is held by');
  await clock.sleep(120_000);
  const before = store.swaps;
  const { record, broke } = await two.take();
  expect(record).toMatchObject({ token: 2, action: 'acquire' });
  expect(broke).toMatchObject({ previous: { host: 'one' }, unrecorded: null });
  expect(broke?.revision).toBe((await store.head()).revision);
  expect([store.swaps - before, await told()]).toEqual([1, { chain: 'acquire', events: 1 }]);
});
