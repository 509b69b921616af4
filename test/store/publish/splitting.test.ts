import { describe, expect, it } from 'vitest';
import { ConflictError, RefusedError } from '../../../src/errors.js';
import type { Operation } from '../../../src/model/operation/operation.js';
import type { Commit, RefusedScope, SwapOutcome } from '../../../src/store/port/state-store.js';
import { reasonOf } from '../../../src/store/publish/splitting.js';
import {
  eventOperation,
  FaultyStore,
  fakeClock,
  repositoryOf,
  setOperation,
  T0,
} from '../../support/store-fixtures.js';

const DEADLINE = T0 + 60_000;
const MINUTE = 60_000;

/** A remote that takes some pushes only. */
class PickyStore extends FaultyStore {
  /** Why a push of these commits is refused; null where it is taken. */
  rule: (commits: readonly Commit[]) => SwapOutcome | null = () => null;
  readonly sizes: number[] = [];
  readonly landed: string[] = [];

  override async swap(...args: Parameters<FaultyStore['swap']>): Promise<SwapOutcome> {
    const [, commits] = args;
    this.sizes.push(commits.length);
    const refused = this.rule(commits);
    if (refused) return refused;
    const outcome = await super.swap(...args);
    if (outcome.kind === 'swapped')
      this.landed.push(...commits.map(({ message }) => message.split('\n')[0] ?? ''));
    return outcome;
  }
}

function refused(words = 'declined', scope?: RefusedScope): SwapOutcome {
  return { kind: 'refused', error: new RefusedError(words), ...(scope ? { scope } : {}) };
}

/** A rule of the remote's that refuses each push with a commit that has this word in its message or paths. */
const against =
  (word: string, outcome: SwapOutcome = refused()) =>
  (commits: readonly Commit[]) =>
    commits.some(({ message, files }) => message.includes(word) || [...files.keys()].join().includes(word))
      ? outcome
      : null;

/** An outbox with events of clusters, named as given. */
async function waiting(names: readonly string[]) {
  const store = new PickyStore();
  const clock = fakeClock();
  const made = repositoryOf(store, clock);
  const operations = names.map((name) => eventOperation('noted', name));
  for (const operation of operations) await made.outbox.add(operation, store.target);
  return { ...made, store, clock, operations };
}

const twenty = (poison: readonly number[]) =>
  Array.from({ length: 20 }, (_, i) => (poison.includes(i) ? `poison-${i}` : `good-${i}`));

describe('an outbox with a write that the remote does not take', () => {
  it.each([0, 1, 9, 19])('as number %i of 20: the others land, in their order', async (at) => {
    const { store, outbox, publisher, operations } = await waiting(twenty([at]));
    store.rule = against('poison');
    const report = await publisher.publishAll(DEADLINE);
    const culprit = operations[at] as Operation;
    expect(report?.deliveries.get(culprit.id)).toMatchObject({
      kind: 'pending',
      error: { message: 'declined' },
    });
    expect([...(report?.deliveries.values() ?? [])].filter(({ kind }) => kind === 'published')).toHaveLength(
      19,
    );
    expect(await outbox.list()).toMatchObject([{ id: culprit.id, refused: { times: 1 } }]);
    expect(store.landed).toHaveLength(19);
    const numbers = store.landed.map((title) => Number(/good-(\d+)/.exec(title)?.[1]));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(report?.notes.join()).toContain(culprit.id);
    expect(store.sizes.length).toBeLessThanOrEqual(at === 0 ? 3 : 12);
  });

  it('and one more, for another reason: 18 land', async () => {
    const { store, outbox, publisher } = await waiting(twenty([3, 12]));
    store.rule = (commits) => against('poison-3', refused('no'))(commits) ?? against('poison-12')(commits);
    await publisher.publishAll(DEADLINE);
    expect(store.landed).toHaveLength(18);
    expect((await outbox.list()).map(({ error }) => error?.message)).toEqual(['no', 'declined']);
    expect(store.sizes.length).toBeLessThan(20);
  });

  it('tells the one who wrote it, and nobody else', async () => {
    const { store, outbox, publisher, operations } = await waiting(twenty([0]));
    store.rule = against('poison');
    const own = operations[19] as Operation;
    const { delivery, notes } = await publisher.deliver(own.id, DEADLINE, true);
    expect(delivery).toMatchObject({ kind: 'published' });
    expect(notes).toHaveLength(1);
    const bad = eventOperation('noted', 'poison-again');
    await outbox.add(bad, store.target);
    expect((await publisher.deliver(bad.id, DEADLINE, true)).delivery).toMatchObject({
      kind: 'pending',
      error: { message: 'declined' },
    });
  });

  it('tries it again alone and last: at once with sync, with a write after a while', async () => {
    const { store, clock, outbox, publisher } = await waiting(twenty([0]));
    store.rule = against('poison');
    await publisher.publishAll(DEADLINE);
    const tries = async (retriesAll = false) => {
      store.sizes.length = 0;
      await outbox.add(eventOperation(), store.target);
      await publisher.publishAll(clock.now() + MINUTE, new Set(), retriesAll);
      return store.sizes;
    };
    expect(await tries()).toEqual([1]);
    expect(await tries(true)).toEqual([1, 1]);
    await clock.sleep(MINUTE);
    expect(await tries()).toEqual([1]);
    await clock.sleep(MINUTE);
    expect(await tries()).toEqual([1, 1]);
    store.rule = () => null;
    await tries(true);
    expect(await outbox.size()).toBe(0);
  });

  it('that is in the way of files of this machine: no limit of pushes', async () => {
    const poison = [0, 2, 4, 6, 8, 10, 12];
    const { store, outbox, publisher } = await waiting(twenty(poison));
    store.rule = against('poison', { kind: 'refused', scope: 'local', error: new ConflictError('edits') });
    await publisher.publishAll(DEADLINE);
    expect(store.landed).toHaveLength(13);
    expect(await outbox.size()).toBe(7);
  });

  it('keeps the order of what waits for one deployment, and later conditions are asked without the refused one', async () => {
    const { store, outbox, publisher } = await waiting([]);
    const ifIsA = (value: string) => ({ check: 'equals', path: ['a'], value }) as const;
    const [first, bad, third, fourth] = [
      setOperation('a', 'one'),
      { ...setOperation('a', 'two'), title: 'poison' },
      setOperation('a', 'three', [ifIsA('two')]),
      setOperation('a', 'four', [ifIsA('one')]),
    ];
    for (const operation of [first, bad, third, fourth]) await outbox.add(operation, store.target);
    store.rule = against('poison');
    const report = await publisher.publishAll(DEADLINE);
    const kinds = [first, bad, third, fourth].map(({ id }) => report?.deliveries.get(id)?.kind);
    expect(kinds).toEqual(['published', 'pending', 'rejected', 'published']);
  });
});

describe('a remote that refuses files of state', () => {
  it('takes all events, whatever waits before them', async () => {
    const { store, outbox, publisher } = await waiting([]);
    const events: Operation[] = [];
    for (let i = 0; i < 10; i++) {
      await outbox.add(setOperation(`n${i}`, i), store.target);
      const event = eventOperation('noted', `c-${i}`);
      events.push(event);
      await outbox.add(event, store.target);
    }
    store.rule = against('state.yaml', refused('Not allowed to push to protected files', 'commits'));
    const report = await publisher.publishAll(DEADLINE);
    for (const { id } of events) expect(report?.deliveries.get(id)).toMatchObject({ kind: 'published' });
    expect(await outbox.size()).toBe(10);
    expect(store.sizes.length).toBeLessThanOrEqual(8);
  });

  it('in words that name the branch takes all events, too, and later ones at once', async () => {
    const { store, outbox, publisher } = await waiting([]);
    const [state, event] = [setOperation('a', 1), eventOperation('noted', 'c-1')];
    for (const operation of [state, event, setOperation('b', 2)]) await outbox.add(operation, store.target);
    store.rule = against('state.yaml', refused('Not allowed to push to protected branch main', 'branch'));
    const report = await publisher.publishAll(DEADLINE);
    expect(report?.deliveries.get(event.id)).toMatchObject({ kind: 'published' });
    expect(report?.deliveries.get(state.id)).toMatchObject({ kind: 'pending' });
    expect((await outbox.list()).map(({ refused: mark }) => mark?.times)).toEqual([1, 1]);
    expect(store.sizes).toEqual([3, 1, 2, 1, 1]);
    store.sizes.length = 0;
    const later = eventOperation('noted', 'c-2');
    await outbox.add(later, store.target);
    expect((await publisher.deliver(later.id, DEADLINE, true)).delivery).toMatchObject({ kind: 'published' });
    expect(store.sizes).toEqual([1]);
  });
});

describe('a remote that refuses every push', () => {
  it('with words that name the branch is asked once', async () => {
    const { store, outbox, publisher } = await waiting(twenty([]));
    store.rule = () => refused('GH006', 'branch');
    await publisher.publishAll(DEADLINE);
    expect(store.sizes).toEqual([20]);
    expect(
      (await outbox.list()).every(({ refused: mark, error }) => !mark && error?.message === 'GH006'),
    ).toBe(true);
  });

  it('with words that name the branch is asked for the events alone where changes of state wait, too', async () => {
    const { store, outbox, publisher } = await waiting(twenty([]));
    await outbox.add(setOperation('a', 1), store.target);
    store.rule = () => refused('GH006', 'branch');
    for (let i = 0; i < 3; i++) await publisher.publishAll(DEADLINE);
    expect(store.sizes).toEqual([21, 20, 21, 20, 21, 20]);
    expect((await outbox.list()).every(({ refused: mark }) => !mark)).toBe(true);
  });

  it('with words that nobody knows costs few pushes, and all lands once it is open', async () => {
    const { store, clock, outbox, publisher, operations } = await waiting(twenty([]));
    store.rule = () => refused('not today (push 8f3c2a1)');
    await publisher.publishAll(DEADLINE);
    expect(store.sizes).toEqual([20, 1, 19, 1, 18]);
    store.sizes.length = 0;
    const own = eventOperation();
    await outbox.add(own, store.target);
    expect((await publisher.deliver(own.id, DEADLINE, true)).delivery).toMatchObject({
      kind: 'pending',
      error: { code: 'REFUSED' },
    });
    expect(store.sizes.length).toBeLessThanOrEqual(5);
    store.rule = () => null;
    const report = await publisher.publishAll(clock.now() + MINUTE, new Set(), true);
    expect(report?.deliveries.size).toBe(21);
    expect(await outbox.size()).toBe(0);
    expect(store.landed).toHaveLength(operations.length + 1);
  });

  it('and did so before is asked for one of many that wait for one reason', async () => {
    const { store, clock, outbox, publisher } = await waiting(twenty([]));
    store.rule = () => refused('not today');
    for (let i = 0; i < 12; i++) await publisher.publishAll(clock.now() + MINUTE);
    expect((await outbox.list()).every(({ refused: mark }) => mark)).toBe(true);
    store.sizes.length = 0;
    await publisher.publishAll(clock.now() + MINUTE, new Set(), true);
    expect(store.sizes).toEqual([1]);
  });
});

describe('a remote that takes so much at once', () => {
  const room = (most: number) => (commits: readonly Commit[]) =>
    commits.length > most || against('poison')(commits) ? refused('too large', 'size') : null;

  it('gets what waits in parts', async () => {
    const { store, publisher } = await waiting(twenty([]));
    store.rule = room(6);
    await publisher.publishAll(DEADLINE);
    expect(store.sizes).toEqual([20, 10, 5, 5, 5, 5]);
    expect(store.landed).toHaveLength(20);
  });

  it('and not this one: it is named, and the others land', async () => {
    const { store, outbox, publisher, operations } = await waiting(twenty([0]));
    store.rule = room(19);
    await publisher.publishAll(DEADLINE);
    expect(store.landed).toHaveLength(19);
    expect(await outbox.list()).toMatchObject([{ id: operations[0]?.id, error: { message: 'too large' } }]);
  });
});

it('knows a reason by its words, whatever it names', () => {
  const of = (id: string, path: string, n: number) =>
    reasonOf(`remote origin (/srv/x) refuses ${id}: ${path} is too long (${n} bytes)`);
  expect(of('01JZXK5B7Q3M8N2V4C6D9F0G1H', 'a/b', 1)).toBe(of('01JZXK5B7Q3M8N2V4C6D9F0G1J', 'c/d', 22));
});
