import { expect, it } from 'vitest';
import { NewsWriter } from '../../../src/app/monitor/news-writer.js';
import { Journal } from '../../../src/news/journal.js';
import { JOURNAL_FILES, type JournalFiles } from '../../../src/news/journal-files.js';
import type { News } from '../../../src/news/news-item.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { until } from '../../support/patience.js';
import { thisProcess } from '../../support/store-fixtures.js';

const news = (waiting: number, type: 'stuck' | 'published' = 'stuck'): News => ({
  kind: 'outbox',
  document: { type, waiting, oldest: null, observedAt: '2026-11-29T22:00:00Z' },
});

/** A writer over a journal whose disk is full as long as `isFull` says. */
async function writing(isFull: () => boolean) {
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  const files: JournalFiles = {
    ...JOURNAL_FILES,
    open: async (path) => {
      const file = await JOURNAL_FILES.open(path);
      const append = async (text: string) => {
        if (isFull()) throw full;
        await file.append(text);
      };
      return { ...file, append };
    },
  };
  const journal = await Journal.open({
    localFolder: temporaryFolder(),
    host: thisProcess,
    now: () => 1,
    files,
  });
  const stop = new AbortController();
  const told: (string | null)[] = [];
  const bugs: unknown[] = [];
  const writer: NewsWriter = new NewsWriter({
    ...{ journal, retryMs: 5, signal: stop.signal },
    onChange: () => told.push(writer.error?.message ?? null),
    onBug: (error) => bugs.push(error),
  });
  const end = async () => {
    stop.abort();
    await writer.end();
    await journal.close();
  };
  return { journal, writer, told, bugs, end };
}

it('holds news back on a full disk, says so once, and writes all of it in order when there is room', async () => {
  let isFull = true;
  const { journal, writer, told, bugs, end } = await writing(() => isFull);
  await writer.add([news(1)], { n: 1 });
  await writer.add([news(2), news(3)], { n: 3 });
  await until(() => told.length > 0);
  expect([journal.last.split('-')[1], journal.positions.size, writer.held]).toEqual(['0', 0, 3]);
  isFull = false;
  await until(() => writer.held === 0);
  expect(told).toEqual([expect.stringContaining('the disk is full'), null]);
  const stop = new AbortController();
  const found: number[] = [];
  for await (const item of journal.follow(null, stop.signal) ?? []) {
    if (item.kind === 'outbox') found.push(item.document.waiting);
    if (found.length === 3) stop.abort();
  }
  expect([found, journal.positions.get('n'), bugs]).toEqual([[1, 2, 3], 3, []]);
  await end();
});

it('has sources wait once too much is held back, until there is room or the server ends', async () => {
  let isFull = true;
  const { writer, end } = await writing(() => isFull);
  const many = Array.from({ length: 5_000 }, (_, i) => news(i));
  await writer.add(many, {});
  let hasRoom = false;
  const late = writer.add([news(0)], {}).then(() => {
    hasRoom = true;
  });
  await until(() => writer.error !== null);
  expect(hasRoom).toBe(false);
  isFull = false;
  await late;
  await until(() => writer.held === 0);
  isFull = true;
  await writer.add(many, {});
  const ended = writer.add([news(0)], {});
  await end();
  await ended;
});
