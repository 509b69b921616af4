import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkPushes } from '../../../src/store/doctor/doctor-pushes.js';
import { PushLog, type PushRecord } from '../../../src/store/publish/push-log.js';
import { temporaryFolder } from '../../support/git-fixtures.js';

const push = (at: number, more: Partial<PushRecord> = {}): PushRecord => ({
  ...{ at, ms: 100, attempts: 1, operations: 1, isPublished: true },
  ...more,
});

describe('the log of pushes', () => {
  it('remembers the last 200, oldest first', async () => {
    const path = join(temporaryFolder(), 'kgit', 'pushes');
    const log = new PushLog(path);
    expect(await log.read()).toEqual([]);
    for (let at = 1; at <= 203; at++) await log.add(push(at));
    const read = await new PushLog(path).read();
    expect(read.map(({ at }) => at)).toEqual(Array.from({ length: 200 }, (_, i) => i + 4));
  });

  it('takes what it cannot understand for nothing, and goes on', async () => {
    const path = join(temporaryFolder(), 'pushes');
    writeFileSync(path, '{"at":1,"ms"');
    const log = new PushLog(path);
    expect(await log.read()).toEqual([]);
    writeFileSync(path, `null\n{"at":"soon"}\n${JSON.stringify(push(7))}\n`);
    await log.add(push(8));
    expect(await log.read()).toEqual([push(7), push(8)]);
  });
});

describe('what doctor says of pushes', () => {
  it('tells latency, lost races and operations', () => {
    const pushes = [push(1, { ms: 200 }), push(2, { ms: 400, attempts: 3, operations: 5 })];
    expect(checkPushes(pushes)).toMatchObject({
      ok: true,
      detail: 'the last 2, median 0.4 s, p99 0.4 s, 2 lost races, 6 operations, 0 not published',
    });
    expect(checkPushes([])).toMatchObject({ ok: true });
  });

  it('tells apart what other clones pushed', () => {
    const pushes = [push(1, { attempts: 0, isRaced: true }), push(2, { attempts: 2 })];
    expect(checkPushes(pushes).detail).toContain('1 lost races, 1 with the push of another clone, ');
  });

  it('advises an interval where writers keep losing races', () => {
    const losing = Array.from({ length: 5 }, (_, at) => push(at, { attempts: 4 }));
    expect(checkPushes(losing)).toMatchObject({
      ok: false,
      fix: expect.stringContaining('publish.interval'),
    });
    expect(checkPushes(losing.slice(1))).toMatchObject({ ok: true });
  });
});
