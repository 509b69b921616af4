import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreArchive } from '../../src/backends/archive/restore-archive.js';
import { writeArchive } from '../../src/backends/archive/write-archive.js';
import { KeyedStore } from '../../src/backends/keyed/keyed-store.js';
import { digestOf, revisionAfter } from '../../src/backends/keyed/records.js';
import { MemoryKeySpace, SharedMemory } from '../../src/backends/memory/memory-key-space.js';
import type { LeaseRecord } from '../../src/model/lease/lease.js';
import { systemClock } from '../../src/setup/this-host.js';
import type { Wait } from '../../src/store/port/host.js';
import type { Rewrite } from '../../src/store/port/shared-history.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { commit, swapAll } from '../support/store-contract.js';
import { anId } from '../support/store-fixtures.js';

const MS = 5_000;
const SMALL = { ops: 12, bytes: 4_000 };
const author = { name: 'Ada', email: 'ada@example.com' };
const wait: Wait = { progress: () => undefined, end: () => undefined };
const root = temporaryFolder('kgit-archive-');
const [file, outbox] = [join(root, 'store.ndjson.gz'), join(root, 'from')];
const waiting = `000000000007-${anId()}`;
afterAll(() => rmSync(root, { recursive: true }));

const storeOver = (shared: SharedMemory, limits?: typeof SMALL) =>
  new KeyedStore(new MemoryKeySpace(shared, limits), { clock: systemClock, timeoutMs: MS, isRemote: true });

const lock: LeaseRecord = {
  action: 'acquire',
  name: 'deploy/prod',
  token: 41,
  lease: anId(),
  holder: { name: 'ada', host: 'h' },
  acquiredAt: 1_750_000_000_000,
  at: 1_750_000_000_000,
  ttl: 60_000,
};

const from = new SharedMemory();
const event = `clusters/m/n/c/events/2025-06/${anId()}-cluster_created.yaml`;

const saved = (store: KeyedStore, to = file) =>
  writeArchive(store, outbox, { file: to, author, now: 1_760_000_000_000, timeoutMs: MS, wait });

beforeAll(async () => {
  const store = storeOver(from);
  const state = 'deployments/d1/state.yaml';
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`many/${n}`, `text ${n}`]));
  const published = (time: number, files: Record<string, string | null>) => ({
    ...commit(files),
    published: time,
  });
  await swapAll(store, null, [
    published(1_700_000_000_000, {
      'kgit.yaml': 'apiVersion: kgit/v1\n',
      [state]: 'a: {b: 1}\n',
      [event]: 'id: x\n',
    }),
    published(1_710_000_000_000, { [state]: 'a: {c: ünï}\n', 'notes/x': '' }),
    published(1_720_000_000_000, { notes: null, [event]: null, ...many }),
    published(1_730_000_000_000, { many: null, many2: 'x' }),
  ]);
  await store.leases.move({ name: lock.name, from: null, records: [lock], author }, MS);
  mkdirSync(join(outbox, 'outbox'), { recursive: true });
  writeFileSync(join(outbox, 'outbox', waiting), '{"version":1,"target":"memory","operation":{}}');
  expect(await saved(store)).toMatchObject({ operations: 1, locks: 1, notes: [] });
});

/** The keys with their values; a lock's has a nonce. */
const keysOf = ({ values }: SharedMemory) =>
  [...values].map(([key, { value }]) => [key, value.replace(/"nonce":"\w+"/, '')]).sort();

/** Restores the archive, or another file, into a new store, on which the work may be stopped. */
async function restored(path = file, shared = new SharedMemory(), limits?: typeof SMALL) {
  const to = join(root, `to-${anId()}`);
  const result = await restoreArchive(storeOver(shared, limits), to, { file: path, timeoutMs: MS, wait });
  return { shared, to, result };
}

describe('the archive of a keyed store', () => {
  it('reports what was published after it, to the machine that restores it, too', async () => {
    const shared = new SharedMemory();
    const options = {
      clock: systemClock,
      timeoutMs: MS,
      isRemote: true,
      knownFile: join(root, 'known.json'),
    };
    const here = () => new KeyedStore(new MemoryKeySpace(shared), options);
    const [kept] = await swapAll(here(), null, [commit({ 'kgit.yaml': 'apiVersion: kgit/v1\n' })]);
    const path = join(root, 'before.gz');
    await saved(here(), path);
    const [later] = await swapAll(here(), kept ?? null, [commit({ later: 'x' })]);
    shared.values.clear();
    await restoreArchive(here(), join(root, 'same'), { file: path, timeoutMs: MS, wait });
    const told: Rewrite[] = [];
    for (let n = 0; n < 2; n++) {
      const store = here();
      if (store.shared)
        store.shared.onRewrite = async (rewrite) => {
          told.push(rewrite);
        };
      expect((await store.refresh(MS)).revision).toBe(kept);
    }
    expect(told).toEqual([{ from: later, to: kept, removed: null, cause: 'lost' }]);
  });

  it('gives the same keys in an empty store, on a back end with other limits too, and what waited waits there', async () => {
    for (const limits of [undefined, SMALL]) {
      const { shared, to, result } = await restored(file, new SharedMemory(), limits);
      expect(keysOf(shared).filter(([key]) => !key?.startsWith('paths/'))).toEqual(
        keysOf(from).map(([key, value]) => [key, value]),
      );
      expect(result).toMatchObject({
        operations: 1,
        locks: 1,
        revision: (await storeOver(from).found(MS)).revision,
      });
      const text = readFileSync(join(to, 'outbox', waiting), 'utf8');
      expect(JSON.parse(text)).toEqual({ version: 1, target: 'memory', operation: {} });
    }
  });

  it('keeps a damaged operation as it was', async () => {
    const damaged = waiting.replace('7-', '8-');
    const folder = join(root, 'damaged');
    mkdirSync(join(folder, 'outbox'), { recursive: true });
    writeFileSync(join(folder, 'outbox', damaged), '{"version":1,');
    const path = join(root, 'damaged.gz');
    await writeArchive(storeOver(from), folder, { file: path, author, now: 0, timeoutMs: MS, wait });
    const { to, result } = await restored(path);
    expect(result.operations).toBe(1);
    expect(readFileSync(join(to, 'outbox', damaged), 'utf8')).toBe('{"version":1,');
  });

  it('goes on where it was stopped, at every write', async () => {
    for (let last = 0; ; last++) {
      const shared = new SharedMemory();
      let writes = 0;
      class Cut extends MemoryKeySpace {
        override async write(write: Parameters<MemoryKeySpace['write']>[0]) {
          if (writes++ === last) throw new Error('killed');
          return super.write(write);
        }
      }
      const cut = new KeyedStore(new Cut(shared, SMALL), {
        clock: systemClock,
        timeoutMs: MS,
        isRemote: true,
      });
      const stopped = await restoreArchive(cut, join(root, 'cut'), { file, timeoutMs: MS, wait }).then(
        () => false,
        (error: Error) => error.message === 'killed' || Promise.reject(error),
      );
      await restored(file, shared, SMALL);
      expect((await storeOver(shared).found(MS)).revision).toBe((await storeOver(from).found(MS)).revision);
      expect((await storeOver(shared).leases.read(lock.name, MS))?.record.token).toBe(41);
      if (!stopped) break;
      expect(last).toBeLessThan(60);
    }
  });

  it('is written whole or not at all, for its user alone, in place of an older one', async () => {
    const to = join(root, 'again.gz');
    writeFileSync(to, 'older');
    await saved(storeOver(from), to);
    expect(statSync(to).mode & 0o777).toBe(0o600);
    await expect(saved(storeOver(new SharedMemory()), to)).rejects.toThrow('is empty');
    await expect(saved(storeOver(from), join(root, 'none/x.gz'))).rejects.toThrow('there is no folder');
    expect((await restored(to)).result.locks).toBe(1);
    expect(readdirSync(root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('is not restored over anything else, nor where a file of it does not fit', async () => {
    const other = new SharedMemory();
    await swapAll(storeOver(other), null, [commit({ a: '1' })]);
    const before = keysOf(other);
    await expect(restored(file, other)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(keysOf(other)).toEqual(before);
    const large = new SharedMemory();
    await swapAll(storeOver(large), null, [commit({ large: 'x'.repeat(9_000) })]);
    const path = join(root, 'large.gz');
    await saved(storeOver(large), path);
    const small = new SharedMemory();
    await expect(restored(path, small, SMALL)).rejects.toMatchObject({ code: 'REFUSED' });
    expect(keysOf(small)).toEqual([]);
  });
});

describe('a hostile archive', () => {
  const lines = () => gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  const packed = (texts: readonly string[]) => gzipSync(`${texts.join('\n')}\n`);
  /** An archive of one revision whose chain holds. */
  const chained = (files: [string, string | null][]) => {
    const revision = revisionAfter(null, 1, digestOf('m', author, new Map(files)));
    const [head = '', ...rest] = lines();
    const first = JSON.stringify({ ...JSON.parse(head), revision });
    const line = JSON.stringify({
      revision,
      parent: null,
      time: '2025-01-01T00:00:00Z',
      author,
      message: 'm',
      files,
    });
    return packed([
      first,
      line,
      rest
        .at(-1)
        ?.replace('"revisions":4', '"revisions":1')
        .replace('"locks":1', '"locks":0')
        .replace('"operations":1', '"operations":0') ?? '',
    ]);
  };
  const edited = (at: number, edit: (line: Record<string, unknown>) => object) => {
    const all = lines();
    all[at] = JSON.stringify(edit(JSON.parse(all[at] ?? '')));
    return packed(all);
  };
  const swapped = () => {
    const all = lines();
    [all[2], all[3]] = [all[3] ?? '', all[2] ?? ''];
    return packed(all);
  };
  it.each([
    ['cut off', () => readFileSync(file).subarray(0, 900), 'truncated'],
    ['without its end', () => packed(lines().slice(0, -1)), 'truncated'],
    ['without its last line end', () => gzipSync(lines().join('\n')), 'truncated'],
    ['empty', () => Buffer.alloc(0), 'empty'],
    ['text', () => Buffer.from('hello'), 'not an archive'],
    ['a git bundle', () => Buffer.from('# v2 git bundle\n'), 'of a git repository'],
    ['other gzip', () => gzipSync('hello\n'), 'not an archive'],
    ['of a newer kgit', () => edited(0, (line) => ({ ...line, archive: 'kgit/v2' })), 'its format'],
    ['out of order', swapped, 'does not follow'],
    ['without a revision', () => packed(lines().filter((_, i) => i !== 2)), 'does not follow'],
    ['without the last revision', () => packed(lines().filter((_, i) => i !== 4)), 'its last line|newest'],
    ['with another message', () => edited(2, (line) => ({ ...line, message: 'other' })), 'does not follow'],
    [
      'with another author',
      () => edited(2, (line) => ({ ...line, author: { name: 'x', email: 'x' } })),
      'does not follow',
    ],
    [
      'with another text',
      () => edited(2, (line) => ({ ...line, files: [['notes/x', 'other']] })),
      'does not follow',
    ],
    [
      'that goes back in time',
      () => edited(2, (line) => ({ ...line, time: '1999-01-01T00:00:00Z' })),
      'does not follow',
    ],
    [
      'with a lock of another shape',
      () => edited(5, () => ({ lock: { ...lock, token: -1 } })),
      'never wrote',
    ],
    [
      'with a path as a name of the outbox',
      () => edited(6, (line) => ({ ...line, waiting: '../../x' })),
      'never wrote',
    ],
    [
      'with more behind its end',
      () => packed([...lines(), '{"end":{"revisions":0,"locks":0,"operations":0}}']),
      'never wrote',
    ],
    [
      'that counts wrongly',
      () => edited(7, () => ({ end: { revisions: 4, locks: 2, operations: 1 } })),
      'last line',
    ],
    ...['../x', '/x', 'a//b', 'a/./b', '', 'a\0', 'a\ud800', 'x'.repeat(5_000)].map(
      (path) =>
        [
          `with the path ${JSON.stringify(path.slice(0, 12))}`,
          () => chained([[path, 't']]),
          'never wrote',
        ] as const,
    ),
    [
      'with a file in a file',
      () =>
        chained([
          ['a', '1'],
          ['a/b', '2'],
        ]),
      'never wrote',
    ],
    ['with a text that no store holds', () => chained([['a', '\ud800']]), 'never wrote'],
  ] as const)('%s is refused, and nothing is written', async (_, make, why) => {
    const path = join(root, 'hostile.gz');
    writeFileSync(path, make());
    const shared = new SharedMemory();
    await expect(restored(path, shared)).rejects.toThrow(new RegExp(why));
    expect(keysOf(shared)).toEqual([]);
  });

  it('whose changes do not fit what is there is stopped', async () => {
    const path = join(root, 'hostile.gz');
    writeFileSync(path, chained([['gone', null]]));
    await expect(restored(path)).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });
});
