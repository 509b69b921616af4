import { beforeEach, describe, expect, it } from 'vitest';
import { compareStores } from '../../src/app/migrate/compare-stores.js';
import { freezeStore } from '../../src/app/migrate/freeze-store.js';
import {
  freezing,
  type MigrationParts,
  migrateStore,
  standingOf,
} from '../../src/app/migrate/migrate-store.js';
import { planMigration } from '../../src/app/migrate/plan-migration.js';
import { undoMigration } from '../../src/app/migrate/undo-migration.js';
import { namedRevision } from '../../src/app/read/revision-of.js';
import type { Write } from '../../src/backends/keyed/key-space.js';
import { KeyedStore } from '../../src/backends/keyed/keyed-store.js';
import { MemoryKeySpace, SharedMemory } from '../../src/backends/memory/memory-key-space.js';
import type { LeaseRecord } from '../../src/model/lease/lease.js';
import { withoutOrigin } from '../../src/model/operation/origin-trailer.js';
import { systemClock } from '../../src/setup/this-host.js';
import { moveRecorded } from '../../src/store/lease/recorded-move.js';
import { sealMonths } from '../../src/store/plan/seal-months.js';
import type { WholeRevision } from '../../src/store/port/history.js';
import { readMarker } from '../../src/store/read/records.js';
import { memoryContext } from '../support/memory-context.js';
import { commit, swapAll } from '../support/store-contract.js';
import { anId, eventOperation, setOperation, T0 } from '../support/store-fixtures.js';

const MS = 5_000;
const SMALL = { ops: 40, bytes: 6_000 };
const author = { name: 'Ada', email: 'ada@example.com' };
const MARKER = 'apiVersion: kgit/v1\nkind: StateRepository\nmanagements: {}\n';

/** A place in memory, and how many writes it takes before its process ends. */
class Place {
  readonly shared = new SharedMemory();
  constructor(
    readonly name: string,
    readonly limits?: typeof SMALL,
  ) {}

  /** Another process at the same place. */
  open(onWrite: (write: Write) => Promise<void> = async () => undefined) {
    class Space extends MemoryKeySpace {
      override async write(write: Write) {
        await onWrite(write);
        return super.write(write);
      }
    }
    const space = new Space(this.shared, this.limits, `memory:${this.name}`);
    return new KeyedStore(space, { clock: systemClock, timeoutMs: MS, isRemote: true });
  }
}

/** Parts over two places, opened anew as a process does. Local folders stay. */
function parts(
  source: Place,
  target: Place,
  onWrite?: (write: Write) => Promise<void>,
): MigrationParts & { readonly notes: string[] } {
  const notes: string[] = [];
  return {
    notes,
    source: memoryContext({}, source.open(onWrite)).context.opened,
    target: memoryContext({}, target.open(onWrite)).context.opened,
    addresses: { source: `memory:${source.name}`, target: `memory:${target.name}` },
    author,
    timeoutMs: MS,
    clock: { now: () => systemClock.now(), sleep: async () => undefined, random: () => 0 },
    note: (message) => notes.push(message),
    progress: () => undefined,
  };
}

const lockOf = (token: number): LeaseRecord => ({
  ...{ action: 'acquire', name: 'deploy', token, lease: anId(), holder: { name: 'ada', host: 'h' } },
  ...{ acquiredAt: T0, at: T0, ttl: 60_000 },
});

async function wholeOf(store: KeyedStore): Promise<WholeRevision[]> {
  const whole: WholeRevision[] = [];
  for await (const each of store.history.whole(null, (await store.found(MS)).revision ?? ''))
    whole.push(each);
  return whole;
}

async function viewOf(store: KeyedStore) {
  return store.view((await store.found(MS)).revision);
}

const isFreeze = (puts: Write['puts']) => puts.some(({ value }) => value?.includes('kgit/moved'));

/** Has somebody write a large file to a place just before it is frozen. */
function largeBeforeFreeze(place: Place) {
  let isDone = false;
  return async ({ puts }: Write) => {
    if (isDone || !isFreeze(puts)) return;
    isDone = true;
    const { revision } = await place.open().found(MS);
    await swapAll(place.open(), revision, [commit({ large: 'x'.repeat(9_000) })]);
  };
}

/** Writes an operation as a command does. */
async function write(place: Place, operation: ReturnType<typeof eventOperation>) {
  const { repository } = memoryContext({}, place.open()).context.opened;
  await readMarker(await viewOf(place.open()), place.name);
  const options = {
    deadline: systemClock.now() + MS,
    withdraw: true,
    queue: false,
    dryRun: false,
    requirePublish: true,
  };
  return repository.write(operation, options);
}

let source: Place;
let target: Place;
const sealed = eventOperation('cluster_created', 'sealed');

beforeEach(async () => {
  [source, target] = [new Place('a'), new Place('b', SMALL)];
  const store = source.open();
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`notes/${n}`, `ünï ${n}`]));
  await swapAll(store, null, [
    { ...commit({ 'kgit.yaml': MARKER, ...many }, 'init\n'), published: T0 - 9_000_000_000 },
  ]);
  for (const operation of [
    sealed,
    eventOperation('node_added', 'sealed'),
    setOperation('deployment.phase', 'a'),
  ])
    await write(source, operation);
  const { files } = await sealMonths(await viewOf(store), '2025-08');
  const { revision } = await store.found(MS);
  await swapAll(store, revision, [commit(Object.fromEntries(files), 'compact\n')]);
  for (const operation of [setOperation('deployment.phase', 'b'), eventOperation('late', 'sealed')])
    await write(source, operation);
  await store.leases.move({ name: 'deploy', from: null, records: [lockOf(41)], author }, MS);
});

/** The target must be what the source is, at the end of `moved`. */
async function expectMoved(copies: number) {
  const [from, to] = [source.open(), target.open()];
  const whole = (await wholeOf(from)).slice(0, copies);
  const copy = await wholeOf(to);
  expect(copy.map(({ message }) => withoutOrigin(message))).toEqual(whole.map(({ message }) => message));
  for (const key of ['author', 'published'] as const)
    expect(copy.map((each) => each[key])).toEqual(whole.map((each) => each[key]));
  expect((await to.leases.read('deploy', MS))?.record).toEqual(
    (await from.leases.read('deploy', MS))?.record,
  );
  const last = whole.at(-1)?.revision ?? '';
  const same = await compareStores(
    { store: from, revision: last },
    { store: to, revision: copy.at(-1)?.revision ?? '' },
  );
  expect(same).toMatchObject({ differences: 0, events: 5, states: 1 });
}

describe('a migration', () => {
  it('moves revisions, times, locks and what waits, and the source says where it went', async () => {
    const all = parts(source, target);
    const waits = eventOperation('queued', 'prod');
    await all.source.repository.keep(waits);
    const before = await wholeOf(source.open());
    const planned = await planMigration(all.source, all.target, MS);
    expect(planned).toMatchObject({
      revisions: 7,
      events: 5,
      locks: 1,
      waiting: 1,
      tooLarge: [],
      resumes: false,
    });
    expect((await target.open().found(MS)).revision).toBeNull();
    const migrated = await migrateStore(all, false);
    expect(migrated).toMatchObject({
      revisions: 7,
      locks: 1,
      waiting: 1,
      left: [],
      last: before.at(-1)?.revision,
    });
    expect(all.notes).toEqual([]);
    const copy = (await wholeOf(target.open())).slice(0, 7);
    expect(copy.map(({ published }) => published)).toEqual(before.map(({ published }) => published));
    const view = await viewOf(target.open());
    expect(await view.list('clusters/default/kcm-system/sealed/events')).toEqual([
      { name: '2025-07', kind: 'folder' },
    ]);
    const queued = await view.list('clusters/default/kcm-system/prod/events/2025-07');
    expect(queued?.map(({ name }) => name.slice(0, 26))).toEqual([waits.events[0]?.event.id]);
    expect([...target.shared.values.keys()].filter((key) => key.startsWith('state/'))).toEqual([
      'state/d/deployment/phase',
    ]);
    expect(await readMarker(view, 'b')).toMatchObject({ apiVersion: 'kgit/v1' });
    const refused = { code: 'INVALID_STATE', message: expect.stringContaining('moved to "memory:b"') };
    await expect(write(source, eventOperation())).rejects.toMatchObject(refused);
    const marker = await (await viewOf(source.open())).read('kgit.yaml');
    expect(marker).toContain(`apiVersion: kgit/moved`);
    const store = target.open();
    const reading = await memoryContext({}, store).context.opened.repository.read('always', MS);
    expect(await namedRevision(before[3]?.revision ?? '', { store, reading })).toBe(copy[3]?.revision);
  });

  it('goes on after it was stopped at any write, and ends with the same', async () => {
    for (let last = 0; ; last++) {
      const [a, b] = [new Place('a'), new Place('b', SMALL)];
      for (const [key, value] of source.shared.values) a.shared.values.set(key, value);
      a.shared.writes = source.shared.writes;
      let writes = 0;
      const cut = async () => {
        if (writes++ === last) throw new Error('killed');
      };
      const stopped = await migrateStore(parts(a, b, cut), false).then(
        () => false,
        (error: Error) => error.message === 'killed' || Promise.reject(error),
      );
      const isBegun = (await b.open().found(MS)).revision !== null;
      await migrateStore(parts(a, b), isBegun);
      const kept = [source, target];
      [source, target] = [a, b];
      await expectMoved(7);
      [source, target] = kept as [Place, Place];
      if (!stopped) break;
      expect(last).toBeLessThan(60);
    }
  });

  it('loses nothing that writers were told is written, and takes along what they queued', async () => {
    const done: string[] = [];
    const refused: string[] = [];
    let queued = '';
    let tries = 0;
    const another = parts(source, target);
    const all = parts(source, target, async ({ puts }) => {
      // Others write before each write of the migration, and one queues.
      if (isFreeze(puts) && tries++ > 2) return;
      const operation = eventOperation('busy', 'prod', anId(done.length));
      await write(source, operation).then(
        () => done.push(operation.events[0]?.event.id ?? ''),
        (error: { code: string }) => refused.push(error.code),
      );
      const waits = eventOperation('queued', 'prod');
      queued = waits.events[0]?.event.id ?? '';
      await another.source.repository.keep(waits);
    });
    const migrated = await migrateStore(all, false);
    expect(done.length).toBeGreaterThan(5);
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused)).toEqual(new Set(['INVALID_STATE']));
    const ids = async () =>
      (
        (await (await viewOf(target.open())).list('clusters/default/kcm-system/prod/events/2025-07')) ?? []
      ).map(({ name }) => name.slice(0, 26));
    expect((await ids()).sort()).toEqual([...done].sort());
    // Another machine comes later, when the target is in use.
    await write(target, eventOperation('new', 'other'));
    const taken = await migrateStore(another, true);
    expect(taken).toMatchObject({ revisions: 0, copy: migrated.copy });
    expect(taken.waiting).toBeGreaterThan(0);
    expect(await ids()).toContain(queued);
    expect(await another.source.repository.outbox.size()).toBe(0);
  });

  it('lets nothing behind the freeze, whatever a process has planned before', async () => {
    const [store, alone] = [source.open(), source.open()];
    const from = await store.leases.read('deploy', MS);
    const { revision } = await store.found(MS);
    await store.view(revision).read('kgit.yaml');
    await migrateStore(parts(source, target), false);
    const { head } = await standingOf(source.open(), MS);
    const path = 'clusters/m/n/c/events/2025-07/';
    const event = { ...commit({ [`${path}${anId()}-x.yaml`]: 'x: 1\n' }), append: [`${path}x-`] };
    expect((await store.swap(revision, [event], MS)).kind).toBe('moved');
    const move = { name: 'deploy', from, records: [{ ...lockOf(41), action: 'release' as const }], author };
    const end = (isAlone: boolean) =>
      moveRecorded(alone, systemClock, move, eventOperation('lease_ended'), systemClock.now(), isAlone);
    await expect(end(false)).rejects.toMatchObject({ code: 'REFUSED' });
    expect(await end(true)).toMatchObject({ revision: null, unrecorded: { code: 'INVALID_STATE' } });
    expect((await standingOf(source.open(), MS)).head).toBe(head);
  });

  it('opens the source again if the copy differs, and tells where', async () => {
    const all = parts(source, target, async ({ puts }) => {
      for (const [i, put] of puts.entries())
        if (put.key.endsWith('deployments/d/state.yaml') && put.key.startsWith('tip/'))
          (puts as { key: string; value: string | null }[])[i] = {
            ...put,
            value: 'deployment:\n  phase: other\n',
          };
    });
    const migration = migrateStore(all, false);
    await expect(migration).rejects.toMatchObject({ code: 'FINDINGS' });
    await expect(migration).rejects.toThrow('deployments/d/state.yaml differs');
    const advice = 'Go on with memory:a: it is in use again, and nothing of it was changed';
    await expect(migration).rejects.toMatchObject({ suggestions: expect.arrayContaining([advice]) });
    expect(await (await viewOf(source.open())).read('kgit.yaml')).toBe(MARKER);
    await write(source, eventOperation());
  });

  it('opens the source again if a token would go down', async () => {
    const store = source.open();
    const all = parts(source, target);
    const { leases } = all.target.repository.store;
    Object.assign(leases, { move: async (move: object) => ({ kind: 'swapped', tip: move }) });
    await expect(migrateStore(all, false)).rejects.toThrow('lock deploy: its token is lower');
    expect(await (await viewOf(store)).read('kgit.yaml')).toBe(MARKER);
  });

  it('refuses a target that holds anything else, and a part of itself without --resume', async () => {
    await swapAll(target.open(), null, [commit({ a: '1' })]);
    const conflict = { code: 'CONFLICT', message: expect.stringContaining('is no copy') };
    await expect(migrateStore(parts(source, target), false)).rejects.toMatchObject(conflict);
    await expect(migrateStore(parts(source, target), true)).rejects.toMatchObject(conflict);
    await expect(
      planMigration(parts(source, target).source, parts(source, target).target, MS),
    ).rejects.toMatchObject(conflict);
    const [other, third] = [new Place('c'), new Place('d')];
    await migrateStore(parts(source, other), false);
    await expect(migrateStore(parts(source, other), false)).rejects.toMatchObject({
      message: expect.stringContaining('a part of this migration'),
    });
    await expect(migrateStore(parts(source, third), false)).rejects.toMatchObject({
      message: expect.stringContaining('has moved already'),
    });
  });

  it('refuses what the target does not take, before anything is frozen, and lists it beforehand', async () => {
    const { revision } = await source.open().found(MS);
    await swapAll(source.open(), revision, [commit({ large: 'x'.repeat(9_000) })]);
    const { tooLarge } = await planMigration(parts(source, target).source, parts(source, target).target, MS);
    expect(tooLarge).toMatchObject([{ path: 'large', bytes: 9_000 }]);
    await expect(migrateStore(parts(source, target), false)).rejects.toMatchObject({ code: 'REFUSED' });
    await write(source, eventOperation());
  });

  it('opens the source again if the target refuses what came before the freeze', async () => {
    const frozen = parts(source, target, largeBeforeFreeze(source));
    const refused = { code: 'REFUSED', message: expect.stringContaining('memory:a is in use again') };
    await expect(migrateStore(frozen, false)).rejects.toMatchObject(refused);
    expect(await (await viewOf(source.open())).read('kgit.yaml')).toBe(MARKER);
    // A call that was stopped after the freeze, and is made again.
    const stopped = parts(source, target);
    await freezeStore(freezing(stopped.source.repository.store, stopped), 'memory:b');
    await expect(migrateStore(stopped, true)).rejects.toMatchObject(refused);
    await write(source, eventOperation());
  });

  it('does not freeze a store that another migration froze meanwhile', async () => {
    let isRaced = false;
    const all = parts(source, target, async ({ puts }) => {
      if (isRaced || !isFreeze(puts)) return;
      isRaced = true;
      await migrateStore(parts(source, new Place('c')), false);
    });
    const conflict = { code: 'CONFLICT', message: 'memory:a was frozen meanwhile: it moves to memory:c' };
    await expect(migrateStore(all, false)).rejects.toMatchObject(conflict);
    expect((await standingOf(source.open(), MS)).moved?.to).toBe('memory:c');
    // Its first part is not gone on with.
    const elsewhere = { code: 'CONFLICT', message: expect.stringContaining('moved already, to memory:c') };
    const resumed = parts(source, target);
    await resumed.source.repository.keep(eventOperation('queued', 'prod'));
    await expect(migrateStore(resumed, true)).rejects.toMatchObject(elsewhere);
    await expect(undoMigration(resumed)).rejects.toMatchObject(elsewhere);
    expect(await resumed.source.repository.outbox.size()).toBe(1);
  });

  it('does not go on with a part of another migration', async () => {
    const message = 'x\n\nKgit-Origin: 3-0123456789abcdef\n';
    await swapAll(target.open(), null, [commit({ a: '1' }, message)]);
    const conflict = { code: 'CONFLICT', message: expect.stringContaining('is no copy') };
    await expect(migrateStore(parts(source, target), true)).rejects.toMatchObject(conflict);
    await write(source, eventOperation());
  });
});

it('compares what lies beside the events, too', async () => {
  const events = 'clusters/m/n/c/events';
  const event = `${events}/2025-07/${anId()}-x.yaml`;
  const revisionOf = async (place: Place, text: string) => {
    const files = { [event]: 'x: 1\n', [`${events}/notes.txt`]: text, [`${events}/2025-07/more/a`]: text };
    const [revision = ''] = await swapAll(place.open(), null, [commit(files)]);
    return { store: place.open(), revision };
  };
  const [one, two] = [await revisionOf(new Place('c'), '1'), await revisionOf(new Place('d'), '2')];
  expect(await compareStores(one, one)).toMatchObject({ differences: 0, events: 1, files: 2 });
  expect([...(await compareStores(one, two)).findings].sort()).toEqual([
    `${events}/2025-07/more/a differs`,
    `${events}/notes.txt differs`,
  ]);
});

describe('undoing a migration', () => {
  /** Has the target be used: an event, a state, a lock that was taken again, kgit.yaml. */
  async function use(place: Place) {
    await write(place, eventOperation('since', 'prod'));
    await write(place, setOperation('deployment.phase', 'c'));
    const store = place.open();
    const { revision } = await store.found(MS);
    await swapAll(store, revision, [commit({ 'kgit.yaml': `${MARKER}settings: {}\n` })]);
    const from = await store.leases.read('deploy', MS);
    await store.leases.move({ name: 'deploy', from, records: [lockOf(42)], author }, MS);
  }

  it('brings back what came since, wherever it was stopped', async () => {
    await migrateStore(parts(source, target), false);
    await use(target);
    for (let last = 0; ; last++) {
      const [a, b] = [new Place('a'), new Place('b', SMALL)];
      for (const [from, to] of [
        [source, a],
        [target, b],
      ] as const) {
        for (const [key, value] of from.shared.values) to.shared.values.set(key, value);
        to.shared.writes = from.shared.writes;
      }
      let writes = 0;
      const cut = async () => {
        if (writes++ === last) throw new Error('killed');
      };
      const stopped = await undoMigration(parts(a, b, cut)).then(
        () => false,
        (error: Error) => error.message === 'killed' || Promise.reject(error),
      );
      await undoMigration(parts(a, b));
      const view = await viewOf(a.open());
      expect(await view.read('kgit.yaml')).toBe(`${MARKER}settings: {}\n`);
      expect(await view.read('deployments/d/state.yaml')).toContain('phase: c');
      expect(await view.list('clusters/default/kcm-system/prod/events/2025-07')).toHaveLength(1);
      expect((await a.open().leases.read('deploy', MS))?.record.token).toBe(42);
      const messages = (await wholeOf(a.open())).map(({ message }) => message.split('\n')[0]);
      expect(messages.slice(7)).toEqual([
        'migrate: the store moves to memory:b',
        'since: prod',
        'deployment.phase = c (d)',
        'test: files',
        'migrate: the store is in use again',
      ]);
      await write(a, eventOperation());
      await expect(write(b, eventOperation())).rejects.toMatchObject({ code: 'INVALID_STATE' });
      if (!stopped) break;
      expect(last).toBeLessThan(60);
    }
  });

  it('opens the target again if the store does not take what came before the freeze, or differs', async () => {
    const small = new Place('a', SMALL);
    for (const [key, value] of source.shared.values) small.shared.values.set(key, value);
    small.shared.writes = source.shared.writes;
    const roomy = new Place('b');
    await migrateStore(parts(small, roomy), false);
    const other = parts(small, roomy);
    Object.assign(other.source.repository.store.leases, {
      move: async (move: object) => ({ kind: 'swapped', tip: move }),
    });
    const taken = { name: 'deploy', from: await roomy.open().leases.read('deploy', MS), author };
    await roomy.open().leases.move({ ...taken, records: [lockOf(42)] }, MS);
    const advice = 'Go on with memory:b: it is in use again, and nothing of it was changed';
    await expect(undoMigration(other)).rejects.toMatchObject({
      ...{ code: 'FINDINGS', suggestions: expect.arrayContaining([advice]) },
    });
    const all = parts(small, roomy, largeBeforeFreeze(roomy));
    const refused = { code: 'REFUSED', message: expect.stringContaining('memory:b is in use again') };
    await expect(undoMigration(all)).rejects.toMatchObject(refused);
    await write(roomy, eventOperation());
    expect((await standingOf(small.open(), MS)).moved?.to).toBe('memory:b');
  });

  it('takes nothing from a store that the store never moved to', async () => {
    const third = parts(target, new Place('c'));
    await swapAll(target.open(), null, [commit({ 'kgit.yaml': MARKER })]);
    await migrateStore(third, false);
    const all = parts(source, target);
    await all.target.repository.keep(eventOperation('queued', 'prod'));
    const elsewhere = { code: 'CONFLICT', message: expect.stringContaining('moved already, to memory:c') };
    await expect(undoMigration(all)).rejects.toMatchObject(elsewhere);
    expect(await all.target.repository.outbox.size()).toBe(1);
  });

  it('refuses a store that did not move there', async () => {
    await expect(undoMigration(parts(source, target))).rejects.toMatchObject({ code: 'CONFLICT' });
    await migrateStore(parts(source, target), false);
    const other = new Place('c');
    await swapAll(other.open(), null, [commit({ 'kgit.yaml': MARKER })]);
    await expect(undoMigration(parts(source, other))).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
