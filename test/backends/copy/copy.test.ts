import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KeyReader } from '../../../src/backends/keyed/key-reader.js';
import type { Cost, KeySpace, Span } from '../../../src/backends/keyed/key-space.js';
import { KeyedStore } from '../../../src/backends/keyed/keyed-store.js';
import { KeyedView } from '../../../src/backends/keyed/keyed-view.js';
import { MemoryKeySpace, SharedMemory } from '../../../src/backends/memory/memory-key-space.js';
import { systemClock } from '../../../src/setup/this-host.js';
import type { Revision } from '../../../src/store/port/state-store.js';
import { Random } from '../../support/campaign/random.js';
import { copiedStore } from '../../support/copied-store.js';
import { commit, swapAll } from '../../support/store-contract.js';

const MS = 20_000;
/** All that is new. */
const ALL = { bytes: Number.POSITIVE_INFINITY, deadline: Number.POSITIVE_INFINITY };
/** As little as possible. */
const STEP = { bytes: 1, deadline: 0 };

const storeOn = (space: KeySpace) =>
  new KeyedStore(space, { clock: systemClock, timeoutMs: MS, isRemote: true });

/** A server, and a store that writes to it. */
function server(limits?: Cost) {
  const shared = new SharedMemory();
  const open = () => new MemoryKeySpace(shared, limits);
  const writer = storeOn(open());
  return {
    ...{ shared, open },
    write: async (...commits: Parameters<typeof commit>[0][]) => {
      const { revision } = await writer.refresh(MS);
      return swapAll(
        writer,
        revision,
        commits.map((files) => commit(files)),
      );
    },
  };
}

/** The keys that a copy has, with their values. */
async function keysOf(space: KeySpace, without = /^(lock|part)\/$/): Promise<Map<string, string>> {
  const keys: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const name of await space.names(folder, '', MS)) {
      if (without.test(folder + name)) continue;
      if (name.endsWith('/')) await visit(folder + name);
      else keys.push(folder + name);
    }
  };
  await visit('');
  const values = await space.get(keys.sort(), MS);
  return new Map(keys.map((key, i) => [key, values[i]?.value ?? '']));
}

/** The files of a revision. */
async function filesAt(space: KeySpace, revision: Revision): Promise<Map<string, string | null>> {
  const view = new KeyedView(new KeyReader(space, MS), revision);
  const paths: string[] = [];
  for await (const path of view.paths()) paths.push(path);
  const texts = await view.readMany(paths);
  return new Map(paths.map((path, i) => [path, texts[i] ?? null]));
}

const EVENTS = 'clusters/default/kcm-system/prod/events/2026-11';
const event = (n: number) => `${EVENTS}/01JZXK5B7Q3M8N2V4C6D9F${String(n).padStart(4, '0')}-node_added.yaml`;

/** Changes of all kinds: new events, removed and edited ones, states that come and go, a file where a folder was. */
function changes(random: Random, n: number, live: Set<string>): Record<string, string | null> {
  const files: Record<string, string | null> = {};
  const put = (path: string, text: string | null) => {
    files[path] = text;
    if (text === null) live.delete(path);
    else live.add(path);
  };
  for (let i = 0; i < 1 + random.below(3); i++) put(event(n * 4 + i), `event ${n} ${i}`);
  const some = [...live].filter((path) => !(path in files));
  if (some.length > 0 && random.below(10) < 3)
    put(random.pick(some), random.below(2) === 0 ? null : `edited by ${n}`);
  const state = `deployments/d${random.below(3)}/state.yaml`;
  if (!(state in files)) put(state, random.below(5) === 0 && live.has(state) ? null : `n: ${n}\n`);
  return files;
}

describe('a copy', () => {
  it.each([
    ['a server', undefined],
    ['one that takes nearly every write in parts', { ops: 6, bytes: 2_500 }],
  ])('of %s is a revision of it after each step, and in the end the same keys', async (_name, limits) => {
    const random = new Random(7);
    const live = new Set<string>();
    const { open, write } = server(limits);
    const revisions: Revision[] = [];
    for (let n = 0; n < 90; n++) revisions.push(...(await write(changes(random, n, live))));
    const { copy, files } = copiedStore(open());
    const heads: (Revision | undefined)[] = [];
    for (let left = 1; left > 0; ) {
      left = await copy.pull(STEP);
      const head = await copy.head();
      heads.push(head?.revision);
      expect(revisions.length - (head?.seq ?? 0)).toBe(left);
      for (const at of [head?.seq ?? 1, Math.ceil((head?.seq ?? 1) / 2)]) {
        const revision = revisions[at - 1] ?? '';
        expect(await filesAt(files, revision)).toEqual(await filesAt(open(), revision));
      }
    }
    expect(new Set(heads).size).toBe(2);
    // A server with other limits keeps long lists of paths elsewhere.
    const without = limits ? /^(lock|part|rev|paths)\/$/ : undefined;
    expect(await keysOf(files, without)).toEqual(await keysOf(open(), without));
  });

  it('holds a large write that nobody has finished', async () => {
    const limits = { ops: 6, bytes: 2_500 };
    const { shared, open, write } = server(limits);
    await write({ 'deployments/d1/state.yaml': 'one' });
    class CutSpace extends MemoryKeySpace {
      override async write(...all: Parameters<MemoryKeySpace['write']>) {
        const head = shared.values.get('head')?.value ?? '{}';
        if (JSON.parse(head).parts > 0) throw new Error('killed');
        return super.write(...all);
      }
    }
    const large = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [event(n), `event ${n}`]));
    const cut = storeOn(new CutSpace(shared, limits));
    const { revision } = await cut.refresh(MS);
    const files = { ...large, 'deployments/d1/state.yaml': 'two' };
    await expect(cut.swap(revision, [commit(files)], MS)).rejects.toThrow('killed');
    expect(JSON.parse(shared.values.get('head')?.value ?? '')).toMatchObject({ seq: 2, applied: 1 });
    const { copy, files: kept } = copiedStore(open());
    expect(await copy.pull(ALL)).toBe(0);
    const head = (await copy.head())?.revision ?? '';
    expect(Object.fromEntries(await filesAt(kept, head))).toEqual(files);
    expect(await filesAt(kept, revision ?? '')).toEqual(await filesAt(open(), revision ?? ''));
  });

  it('is a revision of a server that others write to meanwhile', async () => {
    const { shared, open, write } = server();
    const revisions: Revision[] = [];
    for (let n = 0; n < 70; n++)
      revisions.push(...(await write({ [event(n)]: `${n}`, 'deployments/d1/state.yaml': `${n}` })));
    let n = 100;
    let last: Promise<unknown> = Promise.resolve();
    const others = () => {
      n += 1;
      if (n % 4 > 0) return last;
      const files = { 'deployments/d1/state.yaml': `n: ${n}`, [event(n % 70)]: n % 3 === 0 ? null : `${n}` };
      last = last.then(() => write(files));
      return last;
    };
    class BusySpace extends MemoryKeySpace {
      override async get(keys: readonly string[]) {
        const found = await super.get(keys);
        await others();
        return found;
      }
      override async range(span: Span) {
        const found = await super.range(span);
        await others();
        return found;
      }
    }
    const { copy, files } = copiedStore(new BusySpace(shared));
    for (let steps = 0; steps < 3; steps++) {
      await copy.pull(STEP);
      const { seq = 0, revision = '' } = (await copy.head()) ?? {};
      expect(seq).toBeGreaterThan(steps * 64);
      expect(await filesAt(files, revision)).toEqual(await filesAt(open(), revision));
      const half = revisions[Math.ceil(Math.min(seq, 70) / 2)] ?? '';
      expect(await filesAt(files, half)).toEqual(await filesAt(open(), half));
    }
  });

  it.each([
    ['has fewer revisions', 0],
    ['has others', 8],
    ['has more of others', 30],
  ])('goes back with a server that %s since', async (_name, others) => {
    const random = new Random(11);
    const live = new Set<string>();
    const { shared, open, write } = server();
    for (let n = 0; n < 12; n++) await write(changes(random, n, live));
    const older = new Map(shared.values);
    for (let n = 12; n < 30; n++) await write(changes(random, n, live));
    const { copy, files } = copiedStore(open());
    await copy.pull(ALL);
    shared.values.clear();
    for (const [key, value] of older) shared.values.set(key, value);
    for (let n = 0; n < others; n++) await write({ 'deployments/d9/state.yaml': `other ${n}` });
    await copy.pull(ALL);
    expect((await copy.head())?.seq).toBe(12 + others);
    expect(await keysOf(files)).toEqual(await keysOf(open()));
  });

  it('stays as it is while its server is empty, and is made anew of another store', async () => {
    const first = server();
    await first.write({ 'deployments/d1/state.yaml': 'one' }, { 'deployments/d1/state.yaml': null });
    const { copy, files } = copiedStore(first.open());
    await copy.pull(ALL);
    const kept = await keysOf(files);
    const older = new Map(first.shared.values);
    first.shared.values.clear();
    expect(await copy.pull(ALL)).toBe(0);
    expect(await keysOf(files)).toEqual(kept);
    const other = server();
    await other.write({ 'deployments/d2/state.yaml': 'two' });
    for (const [key, value] of other.shared.values) first.shared.values.set(key, value);
    await copy.pull(ALL);
    expect(await keysOf(files)).toEqual(await keysOf(other.open()));
    expect(older.get('format')).not.toEqual(other.shared.values.get('format'));
  });

  it('ends before a revision whose files somebody changed by hand', async () => {
    const { shared, open, write } = server();
    await write({ 'deployments/d1/state.yaml': 'n: 1' });
    await write({ 'deployments/d1/state.yaml': 'n: 2' });
    const key = 'tip/deployments/d1/state.yaml';
    shared.values.set(key, { version: '9', value: 'n: 3' });
    const { copy, files } = copiedStore(open());
    await expect(copy.pull(ALL)).rejects.toMatchObject({ code: 'INVALID_STATE' });
    expect((await keysOf(files)).get(key)).toBe('n: 1');
  });

  it.each(['head', 'format'])(
    'is made anew if its %s is damaged, and answers nothing meanwhile',
    async (name) => {
      const { open, write } = server();
      await write({ 'deployments/d1/state.yaml': 'one' });
      const { copy, folder, files } = copiedStore(open());
      await copy.pull(ALL);
      writeFileSync(join(folder, name), 'broken');
      expect(await copy.head()).toBeNull();
      expect(copy.fault).toMatchObject({ code: 'INVALID_STATE' });
      await copy.pull(ALL);
      expect(await copy.head()).toMatchObject({ seq: 1 });
      expect(copy.fault).toBeNull();
      expect(await keysOf(files)).toEqual(await keysOf(open()));
    },
  );

  it('is brought to the head by several processes at once, for the user alone', async () => {
    const { open, write } = server();
    for (let n = 0; n < 20; n++) await write({ [event(n)]: `${n}` });
    const { folder, files } = copiedStore(open());
    rmSync(folder, { recursive: true, force: true });
    await Promise.all(Array.from({ length: 4 }, () => copiedStore(open(), folder).copy.pull(STEP)));
    expect(await keysOf(files)).toEqual(await keysOf(open()));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });
});
