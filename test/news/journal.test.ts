import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnvironmentError } from '../../src/errors.js';
import { Journal, type JournalOptions } from '../../src/news/journal.js';
import { JOURNAL_FILES, type JournalFiles, type SegmentFile } from '../../src/news/journal-files.js';
import type { News, NewsItem } from '../../src/news/news-item.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { thisProcess } from '../support/store-fixtures.js';

const news = (waiting: number): News => ({
  kind: 'outbox',
  document: { type: 'stuck', waiting, oldest: null, observedAt: '2026-11-29T22:00:00Z' },
});
const numberOf = (item: NewsItem) => (item.kind === 'outbox' ? item.document.waiting : Number.NaN);

const open = (localFolder: string, options: Partial<JournalOptions> = {}) =>
  Journal.open({ localFolder, host: thisProcess, now: () => 1_700_000_000_000, ...options });

/** The items that are kept behind `after`; null if it is not known. */
async function kept(journal: Journal, after: string | null = null): Promise<NewsItem[] | null> {
  const stop = new AbortController();
  const items = journal.follow(after, stop.signal);
  if (items === null) return null;
  const found: NewsItem[] = [];
  if (journal.last === after || journal.last.endsWith('-0')) return found;
  for await (const item of items) {
    found.push(item);
    if (item.id === journal.last) stop.abort();
  }
  return found;
}

const segments = (folder: string) =>
  readdirSync(join(folder, 'serve/news'))
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .map((name) => join(folder, 'serve/news', name));

describe('a journal of news', () => {
  it('numbers news in order, and goes on after a restart', async () => {
    const folder = temporaryFolder();
    const first = await open(folder);
    expect(first.last).toMatch(/^[0-9a-f]{16}-0$/);
    const added = await Promise.all([
      first.append([news(1)]),
      first.append([news(2), news(3)], { at: 'r3' }),
    ]);
    expect(added.map((items) => items.map(numberOf))).toEqual([[1], [2, 3]]);
    expect(first.last).toMatch(/-3$/);
    // Appends of one turn share a line.
    expect(readFileSync(segments(folder)[0] ?? '', 'utf8').match(/\n/g)).toHaveLength(2);
    const after = added[0]?.[0]?.id ?? '';
    await first.close();
    const second = await open(folder);
    expect(second.last).toBe(first.last);
    expect(second.positions).toEqual(new Map([['at', 'r3']]));
    expect((await kept(second, after))?.map(numberOf)).toEqual([2, 3]);
    await second.append([news(4)], { at: null, more: { a: 1 } });
    expect((await kept(second))?.map((item) => [numberOf(item), item.id.split('-')[1]])).toEqual([
      [1, '1'],
      [2, '2'],
      [3, '3'],
      [4, '4'],
    ]);
    expect(second.positions).toEqual(new Map([['more', { a: 1 }]]));
    await second.close();
  });

  it('sends what comes to each follower, until it is told to end', async () => {
    const journal = await open(temporaryFolder());
    const stop = new AbortController();
    const follow = async () => {
      const found: number[] = [];
      for await (const item of journal.follow(journal.last, stop.signal) ?? []) {
        found.push(numberOf(item));
        if (found.length === 3) stop.abort();
      }
      return found;
    };
    const followers = [follow(), follow()];
    for (const n of [1, 2, 3]) await journal.append([news(n)]);
    expect(await Promise.all(followers)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    await journal.close();
  });

  it('knows no id of another journal, of the future, or that is no id', async () => {
    const [one, other] = [await open(temporaryFolder()), await open(temporaryFolder())];
    const { signal } = new AbortController();
    const [id] = (await one.append([news(1)])).map((item) => item.id);
    expect(other.follow(id ?? '', signal)).toBeNull();
    expect(one.follow(`${id}0`, signal)).toBeNull();
    for (const text of ['', 'x', '1', `${id}x`, `${id}-1`, '-1']) expect(one.follow(text, signal)).toBeNull();
    await Promise.all([one.close(), other.close()]);
  });

  it('removes the oldest segments, and ends followers that were to read them', async () => {
    const folder = temporaryFolder();
    const journal = await open(folder, { limits: { items: 10, segmentItems: 3 } });
    const [first] = await journal.append([news(1)]);
    const slow = journal.follow(first?.id ?? '', new AbortController().signal)?.[Symbol.asyncIterator]();
    for (let n = 2; n <= 30; n++) await journal.append([news(n)], { n });
    const left = (await kept(journal))?.map(numberOf) ?? [];
    expect(left.at(-1)).toBe(30);
    expect(left.length).toBeLessThanOrEqual(13);
    expect(left).toEqual(Array.from({ length: left.length }, (_, i) => 31 - left.length + i));
    expect(journal.follow(first?.id ?? '', new AbortController().signal)).toBeNull();
    expect(await slow?.next()).toMatchObject({ done: true });
    await journal.close();
    const again = await open(folder, { limits: { items: 10, segmentItems: 3 } });
    expect(again.positions).toEqual(new Map([['n', 30]]));
    const still = (await kept(again))?.map(numberOf) ?? [];
    expect(still.length).toBeGreaterThan(3);
    expect(still).toEqual(left.slice(-still.length));
    await again.close();
  });

  it('reads a segment again that could not be read', async () => {
    const folder = temporaryFolder();
    const journal = await open(folder, { limits: { segmentItems: 1 } });
    for (let n = 1; n <= 3; n++) await journal.append([news(n)]);
    const [first = ''] = segments(folder);
    renameSync(first, `${first}.away`);
    mkdirSync(first);
    await expect(kept(journal)).rejects.toThrow('EISDIR');
    rmdirSync(first);
    renameSync(`${first}.away`, first);
    expect((await kept(journal))?.map(numberOf)).toEqual([1, 2, 3]);
    await journal.close();
  });

  it('is bounded in bytes, also by many short lives', async () => {
    const folder = temporaryFolder();
    for (let n = 0; n < 40; n++) {
      const journal = await open(folder, { limits: { bytes: 3_000 } });
      if (n % 2 === 0) await journal.append([news(n)]);
      await journal.close();
    }
    const bytes = segments(folder).reduce((sum, path) => sum + statSync(path).size, 0);
    expect(bytes).toBeLessThan(3_500);
    expect(segments(folder).length).toBeGreaterThan(3);
  });

  it('has one process write it, and names that process', async () => {
    const folder = temporaryFolder();
    const journal = await open(folder);
    const second = await open(folder).catch((error: unknown) => error);
    expect(second).toBeInstanceOf(EnvironmentError);
    expect((second as EnvironmentError).message).toContain(`process ${process.pid}`);
    expect((second as EnvironmentError).data).toMatchObject({ pid: process.pid });
    await journal.close();
    await (await open(folder)).close();
  });
});

describe('a journal after a power cut or damage', () => {
  async function written(folder: string) {
    const journal = await open(folder, { limits: { segmentItems: 2 } });
    for (let n = 1; n <= 5; n++) await journal.append([news(n)], { n });
    await journal.close();
    return journal;
  }

  it('leaves out an incomplete last line, and uses its numbers again', async () => {
    for (const tail of ['{"time":1,"ne', '\0\0\0\0', '\0\0\0\n']) {
      const folder = temporaryFolder();
      await written(folder);
      appendFileSync(segments(folder).at(-1) ?? '', tail);
      const journal = await open(folder);
      expect(journal.damaged).toEqual([]);
      const [item] = await journal.append([news(6)]);
      expect(item?.id).toMatch(/-6$/);
      expect((await kept(journal))?.map(numberOf)).toEqual([1, 2, 3, 4, 5, 6]);
      await journal.close();
    }
  });

  it('names a damaged segment, keeps what is before the damage, and numbers on behind what was lost', async () => {
    const folder = temporaryFolder();
    const before = await written(folder);
    const newest = segments(folder).at(-1) ?? '';
    const text = readFileSync(newest, 'utf8');
    writeFileSync(newest, `${text.replace('"news"', '"nuws"')}${text.split('\n')[1]}\n`);
    const journal = await open(folder);
    expect(journal.damaged).toMatchObject([{ path: newest, movedTo: expect.stringContaining('damaged/') }]);
    expect(journal.positions).toEqual(new Map([['n', 4]]));
    const lost = journal.follow(before.last, new AbortController().signal);
    const [item] = await journal.append([news(5)]);
    expect((await kept(journal))?.map(numberOf)).toEqual([1, 2, 3, 4, 5]);
    expect(await lost?.[Symbol.asyncIterator]().next()).toMatchObject({ value: { id: item?.id } });
    await journal.close();
    const again = await open(folder);
    expect([again.damaged, again.last]).toEqual([[], item?.id]);
    await again.close();
  });

  it('goes on without a segment whose head is damaged, and without all of them', async () => {
    const folder = temporaryFolder();
    await written(folder);
    const [oldest = '', ...others] = segments(folder);
    writeFileSync(oldest, 'x');
    const journal = await open(folder);
    expect((await kept(journal))?.map(numberOf)).toEqual([3, 4, 5]);
    await journal.close();
    for (const path of others) truncateSync(path, 3);
    const anew = await open(folder);
    expect(anew.damaged.length).toBeGreaterThan(0);
    expect(await kept(anew, anew.last)).toEqual([]);
    await anew.append([news(1)]);
    expect((await kept(anew))?.map(numberOf)).toEqual([1]);
    await anew.close();
  });

  it('holds what was acknowledged and nothing that was not, whichever write the process dies in', async () => {
    const run = async (dies: number, part: number, sizes: readonly number[]) => {
      const folder = temporaryFolder();
      const acknowledged: number[] = [];
      let tried = 0;
      let left = dies;
      let share = part;
      const opened: SegmentFile[] = [];
      for (let life = 0; life < 3; life++) {
        const host = { ...thisProcess, isAlive: () => false, processStart: () => null, pid: 100 + life };
        const options = { host, files: dying(() => left-- > 0, share, opened), limits: { segmentItems: 3 } };
        const journal = await open(folder, options).catch(() => null);
        if (journal !== null) {
          // What was written and not acknowledged may be there, and then is whole: position and news.
          const found = (await kept(journal))?.map(numberOf) ?? [];
          expect(found).toEqual(Array.from({ length: found.length }, (_, i) => i + 1));
          expect(found.length).toBeGreaterThanOrEqual(acknowledged.length);
          expect(found.length).toBeLessThanOrEqual(tried);
          expect(journal.positions.get('n') ?? 0).toBe(found.length);
          expect(journal.damaged).toEqual([]);
          acknowledged.splice(0, acknowledged.length, ...found);
          tried = found.length;
          for (const size of sizes) {
            const batch = Array.from({ length: size }, (_, i) => tried + i + 1);
            tried += size;
            const items = await journal.append(batch.map(news), { n: tried }).catch(() => null);
            if (items === null) break;
            acknowledged.push(...batch);
          }
        }
        left = life === 1 ? Number.POSITIVE_INFINITY : dies;
        share = 1 - part;
      }
      await Promise.all(opened.map((file) => file.close()));
    };
    await fc.assert(
      fc.asyncProperty(
        fc.nat(20),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 8 }),
        run,
      ),
      { numRuns: 30 },
    );
  });
});

/** A file system that fails for good once `lives` is false; the append in which it does so writes a part. */
function dying(lives: () => boolean, part: number, opened: SegmentFile[]): JournalFiles {
  let isDead = false;
  const check = () => {
    isDead ||= !lives();
    if (isDead) throw new Error('killed');
  };
  return {
    create: async (path, text) => {
      check();
      await JOURNAL_FILES.create(path, text);
    },
    remove: async (path) => {
      check();
      await JOURNAL_FILES.remove(path);
    },
    open: async (path) => {
      check();
      const file = await JOURNAL_FILES.open(path);
      opened.push(file);
      return {
        close: async () => undefined,
        cut: async (bytes) => {
          check();
          await file.cut(bytes);
        },
        append: async (text) => {
          const wasDead = isDead;
          try {
            check();
          } catch (error) {
            if (!wasDead) appendFileSync(path, text.slice(0, Math.floor(text.length * part)));
            throw error;
          }
          await file.append(text);
        },
      };
    },
  };
}

it('keeps nothing of a write that failed, and goes on when there is room again', async () => {
  const folder = temporaryFolder();
  let isFull = false;
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  const files: JournalFiles = {
    ...JOURNAL_FILES,
    open: async (path) => {
      const file = await JOURNAL_FILES.open(path);
      const append = async (text: string) => {
        if (!isFull) return file.append(text);
        await file.append(text.slice(0, 20));
        throw full;
      };
      return { ...file, append };
    },
  };
  const journal = await open(folder, { files });
  await journal.append([news(1)], { n: 1 });
  isFull = true;
  const failed = await journal.append([news(2)], { n: 2 }).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(EnvironmentError);
  expect((failed as EnvironmentError).message).toContain('the disk is full');
  expect([journal.positions.get('n'), journal.last.split('-')[1]]).toEqual([1, '1']);
  isFull = false;
  await journal.append([news(3)], { n: 3 });
  await journal.close();
  const again = await open(folder);
  expect([again.damaged, (await kept(again))?.map(numberOf)]).toEqual([[], [1, 3]]);
  await again.close();
});
