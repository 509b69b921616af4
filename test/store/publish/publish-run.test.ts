import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConflictError, RefusedError, RemoteError } from '../../../src/errors.js';
import { statePath } from '../../../src/model/subject/layout.js';
import { ProcessLock } from '../../../src/store/local/process-lock.js';
import { Turns } from '../../../src/store/local/turns.js';
import type { Clock } from '../../../src/store/port/host.js';
import type { Head, SwapOutcome } from '../../../src/store/port/state-store.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { commit } from '../../support/store-contract.js';
import {
  eventOperation,
  FaultyStore,
  fakeClock,
  repositoryOf,
  setOperation,
  T0,
  thisProcess,
} from '../../support/store-fixtures.js';

const DEADLINE = T0 + 60_000;
const ifPhase = (value: string) => ({ check: 'equals', path: ['deployment', 'phase'], value }) as const;
/** The turns of another clone of the user. */
const otherTurns = (folder: string, clock: Clock) =>
  new Turns(
    () => join(folder, 'turns'),
    thisProcess,
    clock,
    () => true,
  );
const state = (phase: string) => ({ [statePath('d')]: `deployment:\n  phase: ${phase}\n` });

/** A store whose remote answers with its tip, and while that answer is on its way something else happens. */
class SlowStore extends FaultyStore {
  meanwhile: () => Promise<void> = async () => undefined;
  #answered: Head | null = null;

  override async refresh(): Promise<Head> {
    this.#answered = await super.refresh();
    const { meanwhile } = this;
    this.meanwhile = async () => undefined;
    await meanwhile();
    return this.#answered;
  }
}

describe('a write that comes while the tip is asked for', () => {
  it('is not refused on that tip, which is older than the write', async () => {
    const store = new SlowStore();
    const { outbox, publisher } = repositoryOf(store);
    await store.sneak(state('a'));
    const late = setOperation('deployment.phase', 'c', [ifPhase('b')]);
    // What makes the first run ask for the tip: it would change nothing.
    await outbox.add(setOperation('deployment.phase', 'a'), store.target);
    store.meanwhile = async () => {
      await store.sneak(state('b'));
      await outbox.add(late, store.target);
    };
    const first = await publisher.publishAll(DEADLINE);
    expect(first?.deliveries.get(late.id)).toBeUndefined();
    const second = await publisher.publishAll(DEADLINE);
    expect(second?.deliveries.get(late.id)).toMatchObject({ kind: 'published' });
  });

  it('goes along where it asks nothing of the tip', async () => {
    const store = new SlowStore();
    const { outbox, publisher } = repositoryOf(store);
    const late = eventOperation();
    await outbox.add(eventOperation(), store.target);
    store.onSwap = () => {
      store.onSwap = () => null;
      return { kind: 'moved' };
    };
    store.meanwhile = () => outbox.add(late, store.target);
    const report = await publisher.publishAll(DEADLINE);
    expect(report?.deliveries.get(late.id)).toMatchObject({ kind: 'published' });
    expect(store.swaps).toBe(2);
  });
});

describe('a publisher that died between the result of an operation and its entry', () => {
  async function refusedAndLeft() {
    const store = new FaultyStore();
    await store.sneak(state('a'));
    const made = repositoryOf(store);
    const operation = setOperation('deployment.phase', 'c', [ifPhase('b')]);
    await made.outbox.add(operation, store.target);
    const error = new ConflictError('it is a');
    await made.outbox.report(operation.id, { kind: 'rejected', error, attempts: 1 });
    await store.sneak(state('b'));
    return { store, operation, ...made };
  }

  it('leaves nothing that is carried out after it was told to be refused', async () => {
    const { store, operation, outbox, publisher } = await refusedAndLeft();
    expect((await publisher.publishAll(DEADLINE))?.deliveries.size).toBe(0);
    expect(store.swaps).toBe(0);
    expect(await outbox.size()).toBe(0);
    expect(await outbox.takeRejected()).toMatchObject([{ id: operation.id }]);
  });

  it.each(['takeResult', 'takeRejected'] as const)(
    '%s takes the entry out before the result',
    async (take) => {
      const { operation, outbox } = await refusedAndLeft();
      await outbox[take](operation.id);
      expect(await outbox.size()).toBe(0);
    },
  );

  it('keeps an operation whose result only says that it waits', async () => {
    const { outbox, publisher } = repositoryOf(new FaultyStore(), fakeClock());
    const operation = eventOperation();
    await outbox.add(operation, new FaultyStore().target);
    const error = new ConflictError('not now');
    await outbox.report(operation.id, {
      kind: 'pending',
      error: error as never,
      attempts: 1,
      unknown: false,
    });
    await outbox.takeResult(operation.id);
    expect(await outbox.size()).toBe(1);
    const report = await publisher.publishAll(DEADLINE);
    expect(report?.deliveries.get(operation.id)).toMatchObject({ kind: 'published' });
  });
});

describe('a publisher that died while it published', () => {
  it.each([
    ['asks for the tip', 1],
    ['pushes', 0],
  ])(
    'leaves it open what became of a write, where the remote is gone when the next one %s',
    async (_what, attempts) => {
      const store = new FaultyStore();
      const folder = temporaryFolder();
      await new ProcessLock(join(folder, 'publish.lock'), { ...thisProcess, pid: 999_999_999 }).tryAcquire();
      const { outbox, publisher, publishLock } = repositoryOf(store, fakeClock(), folder);
      const gone = { kind: 'unreachable', error: new RemoteError('no route') } as const;
      store.onSwap = () => gone;
      store.onRefresh = () => {
        throw gone.error;
      };
      const deliver = async () => {
        const own = eventOperation();
        await outbox.add(own, store.target);
        if (attempts > 0)
          for (const entry of await outbox.list()) await outbox.recordTrouble(entry, attempts, gone.error);
        return (await publisher.deliver(own.id, T0, false)).delivery;
      };
      expect(await deliver()).toMatchObject({ kind: 'pending', unknown: true });
      expect(publishLock.isInherited).toBe(true);
      // The next one finds the lock free.
      expect(await deliver()).toMatchObject({ kind: 'pending', unknown: false });
    },
  );
});

describe('where others were met a moment ago', () => {
  it('the tip is asked for first, so the first try does not lose; later it is not', async () => {
    const store = new FaultyStore();
    const { outbox, publisher, pushes } = repositoryOf(store);
    const publish = async () => {
      await outbox.add(eventOperation(), store.target);
      return publisher.publishAll(DEADLINE + 600_000);
    };
    store.onSwap = () => {
      store.onSwap = () => null;
      return { kind: 'moved' };
    };
    expect(await publish()).toMatchObject({ attempts: 2, isRaced: true });
    expect((await pushes.read()).at(-1)).toMatchObject({ isRaced: true });
    const asked = store.refreshes;
    expect(await publish()).toMatchObject({ attempts: 1, isRaced: false });
    expect(store.refreshes).toBe(asked + 1);
    // Nobody was met this time.
    expect(await publish()).toMatchObject({ attempts: 1 });
    expect(store.refreshes).toBe(asked + 1);
  });

  it('the clones of a user write in turn: from the first lost race, and at once next time', async () => {
    const store = new FaultyStore();
    const { outbox, publisher, folder } = repositoryOf(store);
    const turns = () => readdirSync(join(folder, 'turns')).length;
    const had: [asked: number[], pushed: number[]] = [[], []];
    const publish = async () => {
      await outbox.add(eventOperation(), store.target);
      await publisher.publishAll(DEADLINE + 600_000);
      return [...had.map((counts) => counts.splice(0)), turns()];
    };
    mkdirSync(join(folder, 'turns'));
    store.onRefresh = () => had[0].push(turns());
    store.onSwap = async () => {
      had[1].push(turns());
      if (store.swaps > 1) return null;
      await store.sneak(state('a'));
      return { kind: 'moved' };
    };
    expect(await publish()).toEqual([[1], [0, 1], 0]);
    expect(await publish()).toEqual([[1], [1], 0]);
    expect(await publish()).toEqual([[], [0], 0]);
  });

  it('who waited for the turn does not step back as well, and who has it and loses does', async () => {
    const store = new FaultyStore();
    const { outbox, publisher, folder, clock } = repositoryOf(store);
    const others = otherTurns(folder, clock);
    const slept: number[] = [];
    const { sleep } = clock;
    await outbox.add(eventOperation(), store.target);
    store.onSwap = async () => {
      if (store.swaps >= 3) return null;
      if (store.swaps > 1) return { kind: 'moved' };
      const turn = await others.take(store.target, DEADLINE);
      clock.sleep = async (ms) => {
        slept.push(ms);
        if (slept.length === 2) await turn.end();
        await sleep(ms);
      };
      return { kind: 'moved' };
    };
    await publisher.publishAll(DEADLINE + 600_000);
    expect(slept.length).toBe(3);
    expect(Math.max(...slept.slice(0, 2))).toBeLessThan(10);
    expect(slept[2]).toBeGreaterThan(100);
  });
});

it('a clone that nobody raced waits for another one that has the turn, and then asks where the branch is', async () => {
  const store = new FaultyStore();
  const { outbox, publisher, folder, clock } = repositoryOf(store);
  const others = otherTurns(folder, clock);
  const turn = await others.take(store.target, DEADLINE);
  const seen: string[] = [];
  const { sleep } = clock;
  clock.sleep = async (ms) => {
    seen.push('waits');
    await turn.end();
    await sleep(ms);
  };
  store.onRefresh = () => seen.push('asks');
  store.onSwap = () => {
    seen.push('pushes');
    return null;
  };
  await outbox.add(eventOperation(), store.target);
  expect(await publisher.publishAll(DEADLINE + 600_000)).toMatchObject({ attempts: 1 });
  expect(seen).toEqual(['waits', 'asks', 'pushes']);
});

describe('a write that would be refused, or change nothing, behind one that cannot be published', () => {
  const error = new RemoteError('no route');
  it.each([
    ['cannot be reached', { kind: 'unreachable', error }, 'pending'],
    ['gave no answer', { kind: 'unknown', error }, 'pending'],
  ] as const)('is told so where the remote %s, and is not kept', async (_what, outcome, kind) => {
    for (const own of [
      setOperation('deployment.phase', 'c', [ifPhase('b')]),
      setOperation('deployment.phase', 'a'),
    ]) {
      const store = new FaultyStore();
      await store.sneak(state('a'));
      const { outbox, publisher } = repositoryOf(store);
      const queued = eventOperation();
      await outbox.add(queued, store.target);
      await outbox.add(own, store.target);
      store.onSwap = () => outcome;
      const { delivery } = await publisher.deliver(own.id, T0, false);
      expect(delivery).toMatchObject({ kind, error: outcome.error });
      if (delivery.kind === 'pending') expect(delivery.unknown).toBe(false);
      expect((await outbox.list()).map(({ id }) => id)).toEqual([queued.id]);
    }
  });
});

describe('a write behind one that is refused alone', () => {
  it.each([
    ['by the remote', { kind: 'refused', error: new RefusedError('closed') }],
    ['for local edits', { kind: 'refused', scope: 'local', error: new ConflictError('edits') }],
  ] as const)('%s, is decided without it', async (_why, outcome) => {
    for (const [own, kind] of [
      [setOperation('deployment.phase', 'c', [ifPhase('b')]), 'rejected'],
      [setOperation('deployment.phase', 'a'), 'unchanged'],
    ] as const) {
      const store = new FaultyStore();
      await store.sneak(state('a'));
      const { outbox, publisher } = repositoryOf(store);
      const queued = eventOperation();
      await outbox.add(queued, store.target);
      await outbox.add(own, store.target);
      store.onSwap = () => outcome;
      const { delivery } = await publisher.deliver(own.id, DEADLINE, false);
      expect(delivery).toMatchObject({ kind });
      expect(await outbox.list()).toMatchObject([{ id: queued.id, refused: { times: 1 } }]);
    }
  });
});

/** A store that takes a few commits at a time. */
class NarrowStore extends FaultyStore {
  override async swap(...[base, commits, ...rest]: Parameters<FaultyStore['swap']>): Promise<SwapOutcome> {
    return super.swap(base, commits.slice(0, 2), ...rest);
  }
}

describe('a store that takes a few commits of a push only', () => {
  async function waiting() {
    const store = new NarrowStore();
    const clock = fakeClock();
    const made = repositoryOf(store, clock);
    const operations = ['a', 'b', 'c', 'd', 'e'].map((phase) => setOperation('deployment.phase', phase));
    for (const operation of operations) await made.outbox.add(operation, store.target);
    return { ...made, store, clock, operations };
  }

  it('is given the rest, each on what was published before', async () => {
    const { store, outbox, publisher, operations } = await waiting();
    const report = await publisher.publishAll(DEADLINE);
    const deliveries = operations.map(({ id }) => report?.deliveries.get(id));
    expect(deliveries).toMatchObject(operations.map(() => ({ kind: 'published' })));
    const revisions = deliveries.map((each) => each?.kind === 'published' && each.revision);
    expect(new Set(revisions).size).toBe(operations.length);
    expect([store.swaps, await outbox.size()]).toEqual([3, 0]);
    expect((await store.head()).revision).toBe(revisions.at(-1));
  });

  it('does not end what stands behind them with an old decision', async () => {
    const { store, publisher, outbox, operations } = await waiting();
    const last = setOperation('deployment.phase', 'x', [ifPhase('b')]);
    await outbox.add(last, store.target);
    store.onSwap = async () => {
      if (store.swaps === 2) await store.sneak(state('b'));
      return null;
    };
    const report = await publisher.publishAll(DEADLINE);
    expect(report?.deliveries.get(operations[4]?.id ?? '')).toMatchObject({ kind: 'published' });
    expect(report?.deliveries.get(last.id)).toMatchObject({ kind: 'rejected' });
  });

  it('keeps the rest once the time is up', async () => {
    const { store, clock, outbox, publisher, operations } = await waiting();
    store.onSwap = async () => {
      await clock.sleep(60_000);
      return null;
    };
    const report = await publisher.publishAll(DEADLINE);
    expect(report?.deliveries.get(operations[4]?.id ?? '')).toMatchObject({
      kind: 'pending',
      error: { message: 'the time was up before all that waits was published' },
      unknown: false,
    });
    expect((await outbox.list()).map(({ id }) => id)).toEqual(operations.slice(2).map(({ id }) => id));
  });
});

describe('a store with a limit for files', () => {
  const name = 'x'.repeat(2_000);

  it('refuses a larger event when it is made', async () => {
    const store = Object.assign(new FaultyStore(), { maxFileBytes: 1_000 });
    const { repository, outbox } = repositoryOf(store);
    const operation = eventOperation();
    const events = operation.events.map(({ event, ...each }) => ({
      ...each,
      event: { ...event, note: name },
    }));
    const made = repository.keep({ ...operation, events });
    await expect(made).rejects.toThrow(/more than the 1000 that this store takes/);
    expect(await outbox.size()).toBe(0);
    await repository.keep(operation);
  });

  it('rejects a change that would make a state document larger', async () => {
    const store = Object.assign(new FaultyStore(), { maxFileBytes: 1_000 });
    await store.sneak({ [statePath('d')]: `deployment:\n  name: ${name}\n` });
    const { outbox, publisher } = repositoryOf(store);
    const operation = setOperation('deployment.phase', 'a');
    await outbox.add(operation, store.target);
    const report = await publisher.publishAll(DEADLINE);
    expect(report?.deliveries.get(operation.id)).toMatchObject({
      kind: 'rejected',
      error: { code: 'USAGE', data: { path: statePath('d') } },
    });
  });
});

describe('a server that is in the middle of another write', () => {
  const busy = new RemoteError('the remote is locked', { data: { lock: 'main.lock' } });

  it('is asked again, and counts as no race', async () => {
    const store = new FaultyStore();
    const { outbox, publisher } = repositoryOf(store);
    await outbox.add(eventOperation(), store.target);
    store.onSwap = () => (store.swaps === 1 ? { kind: 'busy', error: busy } : null);
    expect(await publisher.publishAll(DEADLINE)).toMatchObject({ attempts: 2, isRaced: false });
    expect(await outbox.size()).toBe(0);
  });

  it('is named by the error once the time is up', async () => {
    const store = new FaultyStore();
    const { outbox, publisher } = repositoryOf(store);
    const operation = eventOperation();
    await outbox.add(operation, store.target);
    store.onSwap = () => ({ kind: 'busy', error: busy });
    const report = await publisher.publishAll(DEADLINE);
    const delivery = report?.deliveries.get(operation.id);
    const attempts = report?.attempts;
    expect(delivery).toMatchObject({
      kind: 'pending',
      error: {
        message: `the remote is locked, at the last of ${attempts} tries still`,
        data: { attempts, lock: 'main.lock' },
      },
    });
  });
});

describe('a server that stops answering while operations are planned', () => {
  it('leaves them waiting: it says nothing about them', async () => {
    const store = new FaultyStore();
    await store.swap(null, [commit(state('one'))], 0);
    const { outbox, publisher } = repositoryOf(store);
    const operation = setOperation('deployment.phase', 'two');
    await outbox.add(operation, store.target);
    const { view } = store;
    store.view = (revision) => {
      const of = view.call(store, revision);
      // The tip is checked before the operations are planned.
      const read = async (path: string) => {
        if (path === statePath('d')) throw new RemoteError('the server is away');
        return of.read(path);
      };
      return { read, list: of.list.bind(of), kindOf: of.kindOf.bind(of) };
    };
    const report = await publisher.publishAll(DEADLINE);
    expect(report?.deliveries.get(operation.id)).toMatchObject({
      kind: 'pending',
      error: { message: 'the server is away' },
    });
    expect(await outbox.size()).toBe(1);
    store.view = view;
    await publisher.publishAll(DEADLINE);
    expect(await outbox.size()).toBe(0);
  });
});
