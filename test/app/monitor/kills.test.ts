import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NewsWriter } from '../../../src/app/monitor/news-writer.js';
import { RepositoryFollower } from '../../../src/app/monitor/repository-follower.js';
import { SkippedEvents } from '../../../src/model/event/broken-events.js';
import { Journal } from '../../../src/news/journal.js';
import { JOURNAL_FILES, type JournalFiles, type SegmentFile } from '../../../src/news/journal-files.js';
import { localSettings } from '../../../src/setup/config.js';
import { systemClock } from '../../../src/setup/this-host.js';
import type { Revision } from '../../../src/store/port/state-store.js';
import { memoryContext } from '../../support/memory-context.js';
import { until } from '../../support/patience.js';
import { commit, swapAll } from '../../support/store-contract.js';
import { thisProcess } from '../../support/store-fixtures.js';

const MARKER = 'apiVersion: kgit/v1\nkind: StateRepository\n';

/** A life of the server: in which write of its files it dies, how much of that write is kept, and what is published in it. */
interface Life {
  readonly writes: number;
  readonly share: number;
  readonly commits: number;
}

/** Files that take no more writes after so many; the last one writes only a share of its text. */
function dyingFiles(writes: number, share: number, opened: SegmentFile[]): JournalFiles {
  let left = writes;
  const isDead = () => --left < 0;
  const dead = new Error('killed');
  return {
    ...JOURNAL_FILES,
    create: async (path, text) => {
      if (isDead()) throw dead;
      await JOURNAL_FILES.create(path, text);
    },
    open: async (path) => {
      const file = await JOURNAL_FILES.open(path);
      opened.push(file);
      const append = async (text: string) => {
        if (!isDead()) return file.append(text);
        if (left === -1) appendFileSync(path, text.slice(0, Math.floor(text.length * share)));
        throw dead;
      };
      const cut = async (bytes: number) => {
        if (left < 0) throw dead;
        await file.cut(bytes);
      };
      return { append, cut, close: async () => undefined };
    },
  };
}

it('tells each revision once and in order, whichever write of the journal the server dies in', async () => {
  const run = async (lives: readonly Life[]) => {
    const memory = memoryContext();
    const { store, context } = memory;
    await swapAll(store, null, [commit({ 'kgit.yaml': MARKER }, 'begin')]);
    const published: Revision[] = [];
    /** How many revisions must be told: those before the first position was kept may count as there at the start. */
    let due = 0;
    const told: Revision[] = [];
    const opened: SegmentFile[] = [];
    const ends = [...lives, { writes: Number.POSITIVE_INFINITY, share: 0, commits: 1 }];
    for (const [life, { writes, share, commits }] of ends.entries()) {
      // Each life is another process, which finds the one before dead.
      const host = { ...thisProcess, pid: 1_000 + life, isAlive: () => false };
      const files = dyingFiles(writes, share, opened);
      const options = { localFolder: context.opened.localFolder, host, now: () => 1, files };
      const journal = await Journal.open({ ...options, limits: { segmentItems: 2 } }).catch(() => null);
      const stop = new AbortController();
      const bugs: unknown[] = [];
      const onBug = (error: unknown) => void bugs.push(error);
      const read = await memory.read();
      if (journal === null) continue;
      const { signal } = stop;
      const writer = new NewsWriter({ journal, retryMs: 1, signal, onChange: () => undefined, onBug });
      const follower = new RepositoryFollower({
        ...{ context: read, local: localSettings([]), refreshMs: 1, clock: systemClock, signal, onBug },
        ...{ positions: journal.positions, broken: new SkippedEvents() },
        tell: (news, positions) => writer.add(news, positions),
        onContext: () => undefined,
        onManagements: () => undefined,
        onHealth: () => undefined,
      });
      const running = follower.run();
      await until(() => journal.positions.size > 0 || writer.error !== null);
      const isBegun = journal.positions.size > 0;
      for (let n = 0; n < commits; n++) {
        const [revision] = await swapAll(store, (await store.head()).revision, [
          commit({ a: `${life} ${n}` }),
        ]);
        published.push(revision ?? '');
        if (isBegun || due > 0) due += 1;
      }
      const newest = (await store.head()).revision;
      await until(() => journal.positions.get('revision') === newest || writer.error !== null);
      stop.abort();
      await running;
      await writer.end();
      expect(bugs).toEqual([]);
      if (life < ends.length - 1) continue;
      const reading = new AbortController();
      for await (const item of journal.follow(null, reading.signal) ?? []) {
        if (item.kind === 'change') told.push(item.document.revision);
        if (item.id === journal.last) reading.abort();
      }
      await journal.close();
    }
    expect(told).toEqual(published.slice(published.length - told.length));
    expect(told.length).toBeGreaterThanOrEqual(due);
    await Promise.all(opened.map((file) => file.close()));
  };
  const life = fc.record({
    writes: fc.nat(6),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    commits: fc.integer({ min: 1, max: 3 }),
  });
  const examples = [0, 1, 2, 3, 4, 5].map((writes): [Life[]] => [[{ writes, share: 0.5, commits: 2 }]]);
  await fc.assert(fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), run), {
    numRuns: 20,
    examples,
  });
});
