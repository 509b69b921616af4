import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { KeySpace, Stamped, Write, Written } from '../../../src/backends/keyed/key-space.js';
import { KeyedStore } from '../../../src/backends/keyed/keyed-store.js';
import { MemoryKeySpace, SharedMemory } from '../../../src/backends/memory/memory-key-space.js';
import { ConflictError, RemoteError } from '../../../src/errors.js';
import { renewed } from '../../../src/model/lease/lease.js';
import { systemClock } from '../../../src/setup/this-host.js';
import type { LockTip } from '../../../src/store/port/lease-store.js';
import type { Rewrite } from '../../../src/store/port/shared-history.js';
import type { Revision } from '../../../src/store/port/state-store.js';
import { nextChanges } from '../../support/changes-contract.js';
import { acquisition } from '../../support/lease-contract.js';
import { commit, swapAll } from '../../support/store-contract.js';

const MS = 5_000;
const SMALL = { ops: 12, bytes: 4_000 };
const AUTHOR = { name: 'Ada', email: 'ada@example.com' };
const HOUR_MS = 60 * 60 * 1000;

function storeOver(space: KeySpace, now: () => number = () => systemClock.now()): KeyedStore {
  return new KeyedStore(space, { clock: { now }, timeoutMs: MS, isRemote: true });
}

/** A client whose process ends after so many writes, or that is looked at before each. */
class CutSpace extends MemoryKeySpace {
  writes = 0;
  onWrite: (write: Write) => Promise<void> = async () => undefined;

  override async write(write: Write): Promise<Written> {
    await this.onWrite(write);
    this.writes += 1;
    return super.write(write);
  }
}

const FILES = Array.from({ length: 40 }, (_, n) => `deployments/d${n}/state.yaml`);
const large = (text: string) => commit(Object.fromEntries(FILES.map((path) => [path, `${text} ${path}`])));

/** The texts of the files at a revision, each with how often it is there. */
async function seen(store: KeyedStore, revision: Revision | null): Promise<string[]> {
  const view = store.view(revision);
  const folders = (await view.list('deployments')) ?? [];
  const texts = await Promise.all(FILES.map((path) => view.read(path)));
  const kinds = new Set(texts.map((text) => text?.split(' ')[0] ?? 'none'));
  expect([0, FILES.length]).toContain(folders.length);
  return [...kinds];
}

const partsOf = (shared: SharedMemory) => [...shared.values.keys()].filter((key) => key.startsWith('part/'));

describe('a large operation', () => {
  it('shows all of it or nothing, wherever its process ends, and the next writer finishes it', async () => {
    const count = async () => {
      const space = new CutSpace(new SharedMemory(), SMALL);
      await storeOver(space).swap(null, [large('new')], MS);
      return space.writes;
    };
    const steps = await count();
    expect(steps).toBeGreaterThan(8);
    for (let last = 0; last <= steps; last++) {
      const shared = new SharedMemory();
      const base =
        (await swapAll(storeOver(new MemoryKeySpace(shared, SMALL)), null, [commit({ a: '1' })]))[0] ?? '';
      const space = new CutSpace(shared, SMALL);
      space.onWrite = async () => {
        if (space.writes >= last) throw new Error('killed');
      };
      await storeOver(space)
        .swap(base, [large('new')], MS)
        .catch((error: Error) => expect(error.message).toBe('killed'));
      const reader = storeOver(new MemoryKeySpace(shared, SMALL));
      const { revision } = await reader.refresh(MS);
      expect(await seen(reader, revision)).toEqual([revision === base ? 'none' : 'new']);
      expect(await seen(reader, base)).toEqual(['none']);
      const added: number[] = [];
      if (revision)
        for await (const entry of reader.history.timeline(revision)) added.push(entry.added.length);
      expect(added).toEqual(revision === base ? [1] : [40, 1]);
      const writer = storeOver(new MemoryKeySpace(shared, SMALL), () => systemClock.now() + 2 * HOUR_MS);
      const outcome = await writer.swap(revision, [commit({ b: '2' })], MS);
      expect(outcome.kind).toBe('swapped');
      const head = (await writer.refresh(MS)).revision;
      expect(await seen(writer, head)).toEqual([revision === base ? 'none' : 'new']);
      expect(shared.values.has(`tip/${FILES[39]}`)).toBe(revision !== base);
      await writer.close();
      expect(partsOf(shared)).toEqual([]);
    }
  });

  it('shows each reader one revision at every step of it', async () => {
    const shared = new SharedMemory();
    const writer = new CutSpace(shared, SMALL);
    const store = storeOver(writer);
    await store.swap(null, [large('old')], MS);
    const base = (await store.refresh(MS)).revision;
    const stages: string[][] = [];
    writer.onWrite = async () => {
      const reader = storeOver(new MemoryKeySpace(shared, SMALL));
      stages.push(await seen(reader, (await reader.refresh(MS)).revision));
      expect(await seen(reader, base)).toEqual(['old']);
    };
    expect((await store.swap(base, [large('new')], MS)).kind).toBe('swapped');
    const order = stages.flat();
    expect(new Set(order)).toEqual(new Set(['old', 'new']));
    expect(order.lastIndexOf('old')).toBeLessThan(order.indexOf('new'));
    expect(await seen(store, (await store.refresh(MS)).revision)).toEqual(['new']);
    expect(partsOf(shared)).toEqual([]);
  });

  it('is told to be published once it is, although the server stops answering then', async () => {
    const shared = new SharedMemory();
    const space = new CutSpace(shared, SMALL);
    const store = storeOver(space);
    const get = space.get.bind(space);
    space.onWrite = async ({ puts }) => {
      if (puts.some(({ key }) => key === 'head'))
        space.get = async () => {
          throw new RemoteError('no route', { data: { remote: 'unreachable' } });
        };
    };
    expect((await store.swap(null, [large('new')], MS)).kind).toBe('swapped');
    space.get = get;
    const reader = storeOver(new MemoryKeySpace(shared, SMALL));
    expect(await seen(reader, (await reader.refresh(MS)).revision)).toEqual(['new']);
  });

  it('drops its parts where it loses the race', async () => {
    const shared = new SharedMemory();
    const space = new CutSpace(shared, SMALL);
    const store = storeOver(space);
    const other = storeOver(new MemoryKeySpace(shared, SMALL));
    await store.refresh(MS);
    space.onWrite = async ({ puts }) => {
      if (!puts.some(({ key }) => key === 'head')) return;
      space.onWrite = async () => undefined;
      expect((await other.swap(null, [commit({ a: '1' })], MS)).kind).toBe('swapped');
    };
    expect((await store.swap(null, [large('new')], MS)).kind).toBe('moved');
    expect(partsOf(shared)).toEqual([]);
  });
});

describe('a transaction', () => {
  it('sees a lock and a head that others move right before it', async () => {
    const shared = new SharedMemory();
    const space = new CutSpace(shared);
    const store = storeOver(space);
    const other = storeOver(new MemoryKeySpace(shared));
    const take = (client: KeyedStore, from: LockTip | null = null) => {
      const records = [acquisition(from?.record ?? null)];
      return client.leases.move({ name: 'network', from, records, author: AUTHOR }, MS);
    };
    const once = (meanwhile: () => Promise<unknown>) => {
      space.onWrite = async () => {
        space.onWrite = async () => undefined;
        await meanwhile();
      };
    };
    const [base = ''] = await swapAll(store, null, [commit({ a: '1' })]);
    once(() => take(other));
    expect((await take(store)).kind).toBe('moved');
    const from = (await store.leases.read('network', MS)) as LockTip;
    const renewal = { name: 'network', from, records: [renewed(from.record, MS)], author: AUTHOR };
    once(() => take(other, from));
    expect(await store.swap(base, [commit({ a: '2' })], MS, [renewal])).toEqual({
      kind: 'fenced',
      names: ['network'],
    });
    once(() => other.swap(base, [commit({ a: '3' })], MS));
    expect((await store.swap(base, [commit({ a: '2' })], MS)).kind).toBe('moved');
    expect(await store.view((await store.refresh(MS)).revision).read('a')).toBe('3');
  });
});

describe('a batch', () => {
  it('lands as many commits at a time as fit, in order', async () => {
    const store = storeOver(new MemoryKeySpace(new SharedMemory(), { ops: 40, bytes: 20_000 }));
    const commits = Array.from({ length: 30 }, (_, n) => commit({ [`f${n}`]: `${n}` }));
    const outcome = await store.swap(null, commits, MS);
    const landed = outcome.kind === 'swapped' ? outcome.revisions.length : 0;
    expect(landed).toBeGreaterThan(3);
    expect(landed).toBeLessThan(30);
    const view = store.view((await store.refresh(MS)).revision);
    expect((await view.list(''))?.length).toBe(landed);
    expect([await view.read(`f${landed - 1}`), await view.read(`f${landed}`)]).toEqual([
      `${landed - 1}`,
      null,
    ]);
  });
});

describe('an older view', () => {
  const event = (n: number) => `clusters/m/ns/c/events/2025-07/01JZXK5B7Q3M8N2V4C6D9F0G1${n}-noted.yaml`;

  it('shows what was there, however often it changed since', async () => {
    for (const limits of [undefined, { ops: 3, bytes: 1_500 }]) {
      const store = storeOver(new MemoryKeySpace(new SharedMemory(), limits));
      const states: Record<string, string | null>[] = [
        { a: '1', [event(1)]: 'x' },
        { a: '2', 'b/c': '1', '@odd/@x': '1' },
        { a: null, [event(2)]: 'y' },
        { 'b/c': null, b: 'file', [event(1)]: null, '@odd/@x': '2' },
        { a: '3', [event(1)]: 'z', b: null, 'b/d': '1' },
      ];
      const revisions = await swapAll(
        store,
        null,
        states.map((files) => commit(files)),
      );
      const files = new Map<string, string>();
      for (const [i, state] of states.entries()) {
        for (const [path, text] of Object.entries(state))
          if (text === null) files.delete(path);
          else files.set(path, text);
        const view = store.view(revisions[i] ?? '');
        for (const path of ['a', 'b/c', 'b/d', '@odd/@x', event(1), event(2)])
          if ((await view.kindOf(path)) !== 'folder')
            expect(await view.read(path)).toBe(files.get(path) ?? null);
        const tops = new Set([...files.keys()].map((path) => path.split('/')[0]));
        expect((await view.list(''))?.map(({ name }) => name)).toEqual([...tops].sort());
        const walked: string[] = [];
        for await (const path of storePaths(store, revisions[i] ?? '')) walked.push(path);
        expect(walked.sort()).toEqual([...files.keys()].sort());
      }
    }
  });

  async function* storePaths(store: KeyedStore, revision: Revision): AsyncGenerator<string> {
    for await (const some of store.review.files(revision)) yield* some.map(({ path }) => path);
  }
});

describe('a server that went back', () => {
  const copy = (values: ReadonlyMap<string, Stamped>) => new Map(values);
  const restore = (shared: SharedMemory, values: ReadonlyMap<string, Stamped>) => {
    shared.values.clear();
    for (const [key, value] of values) shared.values.set(key, value);
  };

  it('is told once, and what was lost is named', async () => {
    const shared = new SharedMemory();
    const store = storeOver(new MemoryKeySpace(shared));
    const told: Rewrite[] = [];
    if (store.shared) store.shared.onRewrite = async (rewrite) => void told.push(rewrite);
    await swapAll(store, null, [commit({ a: '1' })]);
    const backup = copy(shared.values);
    const [lost = ''] = await swapAll(store, (await store.head()).revision, [commit({ a: '2' })]);
    restore(shared, backup);
    const back = (await store.refresh(MS)).revision;
    expect(told).toEqual([{ from: lost, to: back, removed: null, cause: 'lost' }]);
    await store.refresh(MS);
    expect(told).toHaveLength(1);
    // Others wrote since: the same number is another revision.
    const [again = ''] = await swapAll(store, back, [commit({ a: '2', b: 'kept' })]);
    restore(shared, backup);
    const other = storeOver(new MemoryKeySpace(shared));
    await other.refresh(MS);
    const [theirs = ''] = await swapAll(other, back, [commit({ a: 'other' })]);
    expect((await store.swap(again, [commit({ a: '3' })], MS)).kind).toBe('moved');
    await store.refresh(MS);
    expect(told[1]).toEqual({ from: again, to: theirs, removed: null, cause: 'lost' });
    await expect(store.view(again).list('')).rejects.toThrow(RemoteError);
  });

  it('is no other store, and not an empty one', async () => {
    const shared = new SharedMemory();
    const store = storeOver(new MemoryKeySpace(shared));
    await swapAll(store, null, [commit({ a: '1' })]);
    shared.values.clear();
    await expect(store.refresh(MS)).rejects.toThrow(/is empty/);
    const other = storeOver(new MemoryKeySpace(shared));
    const [found = ''] = await swapAll(other, null, [commit({ b: '1' })]);
    const fresh = storeOver(new MemoryKeySpace(shared));
    expect((await fresh.refresh(MS)).revision).toBe(found);
  });

  it('is refused where another store is in its place, until that is accepted', async () => {
    const [one, two] = [new SharedMemory(), new SharedMemory()];
    const store = storeOver(new MemoryKeySpace(one));
    await swapAll(store, null, [commit({ a: '1' })]);
    const [found = ''] = await swapAll(storeOver(new MemoryKeySpace(two)), null, [commit({ b: '1' })]);
    restore(one, two.values);
    const again = storeOver(new MemoryKeySpace(one));
    expect((await again.refresh(MS)).revision).toBe(found);
    await expect(store.refresh(MS)).rejects.toThrow(ConflictError);
    const other = await store.shared?.otherHistory(MS);
    expect(other).toMatchObject({ found, foundCount: 1 });
    if (other) await store.shared?.acceptHistory(other);
    expect((await store.refresh(MS)).revision).toBe(found);
  });
});

/** A client that gets hints as it is told to. */
class HintedSpace extends MemoryKeySpace {
  hint: (hints: number) => Promise<void> = () => new Promise(() => undefined);
  hints = 0;

  override changed(): Promise<void> {
    this.hints += 1;
    return this.hint(this.hints);
  }
}

describe('a watch', () => {
  const stop = () => new AbortController().signal;

  it('reads every 5 seconds where no hint comes, with one wait for a hint', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const shared = new SharedMemory();
    const writer = storeOver(new MemoryKeySpace(shared));
    const space = new HintedSpace(shared);
    const changes = storeOver(space).changes(null, stop());
    for (let n = 0; n < 3; n++) {
      const next = changes.next();
      await vi.advanceTimersByTimeAsync(4_900);
      const [revision] = await swapAll(writer, (await writer.refresh(MS)).revision, [commit({ a: `${n}` })]);
      await vi.advanceTimersByTimeAsync(5_000);
      expect((await next).value?.revision).toBe(revision);
    }
    expect(space.hints).toBe(1);
    await changes.return(undefined);
  });

  it('takes hints for what they are, however many come and whatever they say', async () => {
    const shared = new SharedMemory();
    const writer = storeOver(new MemoryKeySpace(shared));
    const space = new HintedSpace(shared);
    space.hint = async (hints) => {
      if (hints === 30) await swapAll(writer, null, [commit({ a: '1' }), commit({ a: '2' })]);
    };
    const seen: (Revision | null)[] = [];
    for await (const { revision, parent } of storeOver(space).changes(null, stop())) {
      expect(parent).toBe(seen.at(-1) ?? null);
      seen.push(revision);
      if (seen.length === 2) break;
    }
    const lost = new RemoteError('cut off', { data: { remote: 'unreachable' } });
    space.hint = () => Promise.reject(lost);
    await expect(nextChanges(storeOver(space), seen[1] ?? '', 1)).rejects.toBe(lost);
  });

  it.each([
    ['went back', 1],
    ['went back and has other revisions since', 3],
    ['lost everything', 0],
  ])('tells that the server %s', async (_, others) => {
    const shared = new SharedMemory();
    const space = new MemoryKeySpace(shared);
    const backup = new Map<string, Stamped>();
    const [first] = await swapAll(storeOver(space), null, [commit({ a: '1' })]);
    for (const [key, value] of shared.values) backup.set(key, value);
    const [second] = await swapAll(storeOver(space), first ?? '', [commit({ a: '2' })]);
    const waiting = nextChanges(storeOver(space), second ?? '', 1);
    shared.values.clear();
    if (others > 0) for (const [key, value] of backup) shared.values.set(key, value);
    for (let n = 1; n < others; n++) {
      const other = storeOver(space);
      await swapAll(other, (await other.refresh(MS)).revision, [commit({ a: `other ${n}` })]);
    }
    for (const wake of shared.watchers) wake();
    await expect(waiting).rejects.toMatchObject({ data: { cause: 'went-back', revision: second } });
  });

  it('reads what is far behind in pages', async () => {
    const shared = new SharedMemory();
    const writer = storeOver(new MemoryKeySpace(shared));
    const commits = Array.from({ length: 1_200 }, (_, n) => commit({ a: `${n}` }));
    const revisions = await swapAll(writer, null, commits);
    const space = new MemoryKeySpace(shared);
    const range = vi.spyOn(space, 'range');
    const found = await nextChanges(storeOver(space), revisions[9] ?? '', 1_190);
    expect(found.map(({ revision }) => revision)).toEqual(revisions.slice(10));
    expect(range).toHaveBeenCalledTimes(3);
  });
});
