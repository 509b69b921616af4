import { describe, expect, it } from 'vitest';
import {
  ConflictError,
  EnvironmentError,
  KgitError,
  RefusedError,
  RemoteError,
} from '../../../src/errors.js';
import { eventPath, statePath } from '../../../src/model/subject/layout.js';
import type { WriteOptions } from '../../../src/store/outbox/outcomes.js';
import type { SwapOutcome } from '../../../src/store/port/state-store.js';
import { EventFinder } from '../../../src/store/read/event-finder.js';
import {
  eventOperation,
  FaultyStore,
  fakeClock,
  repositoryOf,
  setOperation,
  T0,
} from '../../support/store-fixtures.js';

const options = (more: Partial<WriteOptions> = {}): WriteOptions => ({
  queue: false,
  requirePublish: false,
  dryRun: false,
  withdraw: false,
  deadline: T0 + 60_000,
  ...more,
});
const offline: SwapOutcome = {
  kind: 'unreachable',
  error: new RemoteError('no route', { data: { remote: 'unreachable' } }),
};
const denied: SwapOutcome = { kind: 'denied', error: new RemoteError('401', { data: { remote: 'denied' } }) };
const refused: SwapOutcome = { kind: 'refused', error: new RefusedError('protected') };

async function failure(promise: Promise<unknown>): Promise<KgitError> {
  return promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(KgitError);
      return error as KgitError;
    },
  );
}

describe('a lost race', () => {
  it('applies the operation again on the new tip, with backoff, and counts attempts', async () => {
    const store = new FaultyStore();
    const clock = fakeClock();
    const { repository, outbox } = repositoryOf(store, clock);
    let races = 2;
    store.onSwap = async () => {
      if (races-- > 0) await store.sneak({ [statePath('d')]: `deployment:\n  other: ${races}\n` });
      return null;
    };
    const outcome = await repository.write(setOperation('deployment.phase', 'a'), options());
    expect(outcome).toMatchObject({ delivery: 'published', attempts: 3 });
    // Half of the first 200 ms; who lost twice stands back.
    expect(clock.slept).toEqual([100, 450]);
    const text = await store.view(outcome.revision).read(statePath('d'));
    expect(text).toBe('deployment:\n  other: 0\n  phase: a\n');
    expect(await outbox.size()).toBe(0);
  });

  it('ends queued when the time is up, and nothing is lost', async () => {
    const store = new FaultyStore();
    const { repository, outbox } = repositoryOf(store);
    store.onSwap = () => ({ kind: 'moved' });
    const outcome = await repository.write(eventOperation(), options({ deadline: T0 + 2_000 }));
    expect(outcome).toMatchObject({ delivery: 'queued', revision: null });
    expect(outcome.attempts).toBeGreaterThan(2);
    expect(await outbox.list()).toMatchObject([{ id: outcome.operation, error: { code: 'REMOTE' } }]);
    store.onSwap = () => null;
    const report = await repository.sync(T0 + 120_000);
    expect(report.published).toEqual([outcome.operation]);
    expect(await outbox.size()).toBe(0);
  });

  it('evaluates a precondition on the tip that the commit is built on', async () => {
    const store = new FaultyStore();
    const { repository, outbox } = repositoryOf(store);
    await repository.write(setOperation('deployment.phase', 'a'), options());
    store.onSwap = async () => {
      store.onSwap = () => null;
      await store.sneak({ [statePath('d')]: 'deployment:\n  phase: b\n' });
      return null;
    };
    const write = setOperation('deployment.phase', 'c', [
      { check: 'equals', path: ['deployment', 'phase'], value: 'a' },
    ]);
    const error = await failure(repository.write(write, options({ withdraw: true })));
    expect(error).toBeInstanceOf(ConflictError);
    expect(error.data).toMatchObject({ path: 'deployment.phase', expected: 'a', actual: 'b' });
    expect(await outbox.size()).toBe(0);
  });

  it('never refuses, or does nothing, on an old tip without asking for the new one', async () => {
    const store = new FaultyStore();
    const { repository } = repositoryOf(store);
    await repository.write(setOperation('deployment.phase', 'a'), options());
    store.refreshes = 0;
    const same = await repository.write(setOperation('deployment.phase', 'a'), options());
    expect(same.delivery).toBe('unchanged');
    expect(store.refreshes).toBe(1);
    await failure(repository.write(setOperation('deployment.phase.below', 1), options()));
    expect(store.refreshes).toBe(2);
  });
});

describe('one rule for failure', () => {
  it.each([
    ['offline', offline, {}, 'queued', 0, 1],
    ['offline, publishing required', offline, { requirePublish: true }, 'REMOTE', 16, 1],
    ['offline, with a condition', offline, { withdraw: true }, 'REMOTE', 16, 0],
    ['denied', denied, {}, 'REMOTE', 16, 1],
    ['refused', refused, {}, 'REFUSED', 20, 1],
    ['refused, with a condition', refused, { withdraw: true }, 'REFUSED', 20, 0],
  ] as const)('%s', async (_name, outcome, more, code, exitCode, kept) => {
    const store = new FaultyStore();
    store.onSwap = () => outcome;
    const { repository, outbox } = repositoryOf(store);
    const operation = eventOperation();
    if (code === 'queued') {
      expect(await repository.write(operation, options(more))).toMatchObject({
        delivery: 'queued',
        operation: operation.id,
      });
    } else {
      const error = await failure(repository.write(operation, options(more)));
      expect(error).toMatchObject({ code, exitCode, data: { operation: operation.id, kept: kept === 1 } });
    }
    expect(await outbox.size()).toBe(kept);
  });

  it('says unknown where it cannot be known, and finds out where it can', async () => {
    const store = new FaultyStore();
    const { repository, outbox } = repositoryOf(store);
    const landedButCut: FaultyStore['onSwap'] = async (self) => {
      self.onSwap = () => null;
      const { revision } = await self.head();
      const { files } = (await landing(operation)) as { files: Map<string, string> };
      await self.sneak(Object.fromEntries(files));
      expect((await self.head()).revision).not.toBe(revision);
      return { kind: 'unknown', error: new RemoteError('connection cut') };
    };
    const operation = eventOperation();
    store.onSwap = landedButCut;
    const outcome = await repository.write(operation, options());
    expect(outcome.delivery).toBe('published');
    expect(store.swaps).toBe(1);

    store.onSwap = () => ({ kind: 'unknown', error: new RemoteError('connection cut') });
    store.onRefresh = () => {
      throw new RemoteError('no route', { data: { remote: 'unreachable' } });
    };
    const error = await failure(repository.write(eventOperation(), options({ withdraw: true })));
    expect(error.suggestions.join()).toMatch(/kgit log --fetch; write again if not/);
    expect(error.data).toMatchObject({ outcome: 'unknown', kept: false });
    expect(await outbox.size()).toBe(0);
  });

  it('publishes what others queued along with its own, in their order', async () => {
    const store = new FaultyStore();
    const { repository, outbox } = repositoryOf(store);
    const queued = [eventOperation('a'), eventOperation('b')];
    for (const operation of queued) await repository.write(operation, options({ queue: true }));
    const own = eventOperation('c');
    const outcome = await repository.write(own, options());
    expect(outcome).toMatchObject({ delivery: 'published', attempts: 1 });
    expect(store.swaps).toBe(1);
    expect(await outbox.size()).toBe(0);
    const added: string[] = [];
    for await (const entry of store.history.timeline(outcome.revision as string))
      added.unshift(...entry.added);
    const paths = [...queued, own].map(({ events: [item] }) => item && eventPath(item.subject, item.event));
    expect(added).toEqual(paths);
  });

  it('refuses one operation of a batch alone, and sync tells it', async () => {
    const store = new FaultyStore();
    const { repository, outbox } = repositoryOf(store);
    const wrong = setOperation('deployment.x', 1, [{ check: 'equals', path: ['deployment', 'y'], value: 2 }]);
    await repository.write(wrong, options({ queue: true }));
    expect((await repository.write(eventOperation(), options())).delivery).toBe('published');
    expect(await outbox.size()).toBe(0);
    const report = await repository.sync(T0 + 60_000);
    expect(report.rejected).toMatchObject([{ id: wrong.id, error: { code: 'CONFLICT' } }]);
    expect((await repository.sync(T0 + 60_000)).rejected).toEqual([]);
  });

  it('counts a repeat as success and other content under one id as CONFLICT', async () => {
    const { repository } = repositoryOf(new FaultyStore());
    const first = eventOperation();
    const repeat = { ...eventOperation(), events: first.events };
    const [item] = first.events;
    if (!item) throw new Error('an operation has an event');
    await repository.write(first, options());
    expect(await repository.write(repeat, options())).toMatchObject({
      delivery: 'published',
      duplicates: [item.event.id],
    });
    const other = {
      ...eventOperation(),
      events: [{ ...item, event: { ...item.event, action: 'cluster_deleted' } }],
    };
    expect(await failure(repository.write(other, options()))).toMatchObject({
      code: 'CONFLICT',
      data: { fields: ['action'] },
    });
    const onlyHost = {
      ...eventOperation(),
      events: [{ ...item, event: { ...item.event, host: 'b' }, given: ['user'] }],
    };
    expect((await repository.write(onlyHost, options())).duplicates).toEqual([item.event.id]);
  });

  it('reads its own writes before they are published', async () => {
    const store = new FaultyStore();
    const { repository } = repositoryOf(store);
    await repository.write(setOperation('deployment.phase', 'a'), options({ queue: true }));
    const reading = await repository.read('never', 1000);
    expect(await reading.view.read(statePath('d'))).toContain('phase: a');
    expect(reading.pending).toHaveLength(1);
    expect(reading.revision).toBeNull();
  });

  it('keeps nothing that was told to have failed for another reason', async () => {
    const store = new FaultyStore();
    const { repository, outbox, publishLock } = repositoryOf(store);
    await repository.write(eventOperation(), options({ queue: true }));
    store.onSwap = () => {
      throw new EnvironmentError('disk full');
    };
    expect(await failure(repository.write(eventOperation(), options()))).toMatchObject({ exitCode: 18 });
    expect(await outbox.size()).toBe(1);
    expect(await publishLock.tryAcquire()).toBe(true);
  });

  it('takes the result of who publishes beside it, where a lock was broken', async () => {
    const store = new FaultyStore();
    const { repository, outbox } = repositoryOf(store);
    const operation = eventOperation();
    const list = outbox.list.bind(outbox);
    // The other one is through with it between our look for a result and our run.
    outbox.list = async () => {
      const [entry] = await list();
      if (entry !== undefined) {
        const told = { revision: 'r1', attempts: 1, changes: [], duplicates: [] };
        await outbox.report(entry.id, { kind: 'published', ...told });
        await outbox.complete(entry, true);
      }
      return [];
    };
    const outcome = await repository.write(operation, options());
    expect(outcome).toMatchObject({ delivery: 'published', revision: 'r1', attempts: 1 });
  });

  it('leaves an entry of another target, and one that cannot be read, where it is', async () => {
    const store = new FaultyStore();
    const { repository, outbox } = repositoryOf(store);
    await outbox.add(eventOperation(), 'elsewhere');
    const outcome = await repository.write(eventOperation(), options());
    expect(outcome.delivery).toBe('published');
    expect(await outbox.list()).toMatchObject([{ target: 'elsewhere' }]);
  });
});

/** The files that an operation writes to an empty repository. */
async function landing(operation: ReturnType<typeof eventOperation>): Promise<unknown> {
  const { applyOperation } = await import('../../../src/store/plan/apply-operation.js');
  const view = new FaultyStore().view(null);
  return applyOperation(operation, { view, at: async () => null, events: new EventFinder(view) });
}
