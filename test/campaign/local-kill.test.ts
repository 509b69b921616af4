import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { FileKeySpace } from '../../src/backends/file/file-key-space.js';
import type { KeySpace } from '../../src/backends/keyed/key-space.js';
import { sqliteEngine } from '../../src/backends/sqlite/sqlite-engine.js';
import { SqliteKeySpace } from '../../src/backends/sqlite/sqlite-key-space.js';
import { systemClock, thisHost } from '../../src/setup/this-host.js';
import { killAtSome } from '../support/campaign/kill-at-some.js';
import { Random } from '../support/campaign/random.js';
import { count, seed } from '../support/campaign/size.js';
import { killedAt, traced } from '../support/campaign/strace.js';
import { expectWhole, lostOf, startWriting, writingProgram } from '../support/campaign/writing-program.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { until } from '../support/patience.js';

/** Of the points of five commits, two of them large. */
const POINTS = count('CAMPAIGN_KILLS', 6, 100_000);
const AT_RANDOM = count('CAMPAIGN_RANDOM_KILLS', 2, 200);
const COMMITS = 6;
const NOTE = `CAMPAIGN_SEED=${seed}`;

let program: string;
beforeAll(async () => {
  program = await writingProgram();
});

const files = (path: string): KeySpace => new FileKeySpace(path, thisHost, systemClock);

describe('a writer on this machine', () => {
  it(`to files, killed at ${POINTS} points of its system calls, loses nothing and leaves nothing half done (${NOTE})`, async () => {
    const calls = traced();
    const watched = startWriting(program, ['file', join(temporaryFolder(), 'state'), COMMITS], calls);
    await watched.ended;
    expect(watched.told()).toHaveLength(COMMITS);
    const points = calls.points();
    expect(points.length).toBeGreaterThan(100);
    await killAtSome(points, POINTS, new Random(seed), async (point) => {
      const note = `before ${point.call} ${point.nth}, ${NOTE}`;
      const path = join(temporaryFolder(), 'state');
      const writing = startWriting(program, ['file', path, COMMITS], killedAt(point));
      await writing.ended;
      expect(await lostOf(files(path), writing.told()), note).toEqual([]);
      await expectWhole(files(path), note);
      return writing.told().length < COMMITS;
    });
  }, 7_200_000);

  it(`to SQLite, killed ${AT_RANDOM} times, loses nothing and leaves nothing half done (${NOTE})`, async () => {
    const random = new Random(seed);
    const engine = await sqliteEngine();
    const path = join(temporaryFolder(), 'state.db');
    const told: string[] = [];
    for (let n = 0; n < AT_RANDOM; n++) {
      const writing = startWriting(program, ['sqlite', path, 100_000]);
      const enough = 1 + random.below(20);
      await Promise.race([until(() => writing.told().length >= enough), writing.ended]);
      await sleep(random.next() * 20);
      writing.child.kill('SIGKILL');
      await writing.ended;
      told.push(...writing.told());
      const space = new SqliteKeySpace(path, engine, systemClock);
      expect(await lostOf(space, told), NOTE).toEqual([]);
      await space.close();
    }
    const space = new SqliteKeySpace(path, engine, systemClock);
    await expectWhole(space, NOTE);
    await space.close();
  }, 7_200_000);
});
