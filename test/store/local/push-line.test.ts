import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ended,
  following,
  isFull,
  isUnderWay,
  landedOnly,
  type PushLine,
  PushLineFile,
  parseLine,
  SHARED_MS,
  type SharedCommits,
  started,
  stateOf,
} from '../../../src/store/local/push-line.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { fakeClock, T0, thisProcess } from '../../support/store-fixtures.js';

const revision = (n: number) => n.toString(16).padStart(40, '0');
const link = (n: number, at = T0): SharedCommits => ({
  from: revision(n - 1),
  to: revision(n),
  objects: `/clone/${n}/pack`,
  at,
});
const line = (count: number, landed = 0, sent = landed): PushLine => ({
  commits: Array.from({ length: count }, (_, i) => link(i + 1)),
  landed,
  sent,
});
const EMPTY = line(0);

describe('a line of commits', () => {
  it('says what became of each', () => {
    const at = line(4, 1, 3);
    expect([1, 2, 3, 4, 5].map((n) => stateOf(at, revision(n)))).toEqual([
      'landed',
      'sent',
      'sent',
      'waiting',
      'gone',
    ]);
  });

  it('says what a clone lacks, if it knows a revision of the line', () => {
    const at = line(3);
    expect(following(at, revision(0))).toEqual(at.commits);
    expect(following(at, revision(2))).toEqual([link(3)]);
    expect(following(at, revision(3))).toEqual([]);
    expect(following(at, revision(9))).toBeNull();
    expect(following(EMPTY, revision(0))).toBeNull();
  });

  it('is under way while commits of the last 15 seconds have not landed', () => {
    expect(isUnderWay(line(2, 1), T0 + SHARED_MS - 1)).toBe(true);
    expect(isUnderWay(line(2, 2), T0)).toBe(false);
    expect(isUnderWay(EMPTY, T0)).toBe(false);
    for (const now of [T0 + SHARED_MS, T0 - SHARED_MS]) expect(isUnderWay(line(2, 1), now)).toBe(false);
  });

  it('is full with 32 that have not landed', () => {
    expect([isFull(line(50, 18)), isFull(line(50, 19)), isFull(EMPTY)]).toEqual([true, false, false]);
  });

  it('begins anew where a clone pushes alone, behind what has landed below it', () => {
    expect(started(line(3, 1, 2), { ...link(9), from: revision(1) })).toEqual({
      commits: [link(1), { ...link(9), from: revision(1) }],
      landed: 1,
      sent: 2,
    });
    expect(started(line(3, 3), link(9))).toEqual({ commits: [link(9)], landed: 0, sent: 1 });
  });

  it('ends with the push: landed as far as that went, or without all that had not', () => {
    expect(ended(line(4, 1, 3), revision(3), true)).toEqual(line(4, 3));
    expect(ended(line(4, 1, 3), revision(3), false)).toEqual(line(1, 1));
    expect(ended(line(2), revision(7), true)).toEqual(line(2));
    expect(landedOnly(line(4, 2, 3))).toEqual(line(2, 2));
  });
});

describe('the file of a line', () => {
  const path = () => join(temporaryFolder(), 'turns', 'line.json');
  const fileOf = (at: string, isOwn = true, clock = fakeClock()) =>
    new PushLineFile(at, thisProcess, clock, () => isOwn);

  it('is changed by one process at a time; others wait, or go on without', async () => {
    const [at, clock] = [path(), fakeClock()];
    const one = fileOf(at);
    const other = fileOf(at, true, clock);
    const tried: boolean[] = [];
    const change = async () => {
      tried.push(await other.change(async () => line(2), false));
      return line(1);
    };
    expect(await one.change(change, true)).toBe(true);
    expect([tried, await other.read()]).toEqual([[false], line(1)]);
    const { sleep } = clock;
    let release: (line: null) => void = () => undefined;
    let held: Promise<boolean> = Promise.resolve(true);
    await new Promise<void>((begun) => {
      const keep = () =>
        new Promise<null>((resolve) => {
          release = resolve;
          begun();
        });
      held = one.change(keep, true);
    });
    clock.sleep = async (ms) => {
      release(null);
      await held;
      await sleep(ms);
    };
    expect(await other.change(async ({ commits }) => line(commits.length + 1), true)).toBe(true);
    expect([await held, await one.read()]).toEqual([false, line(2)]);
    expect(readdirSync(join(at, '..'))).toEqual(['line.json']);
  });

  it('forgets what landed long ago', async () => {
    const file = fileOf(path());
    await file.change(async () => line(60, 55, 57), true);
    const { commits, landed, sent } = await file.read();
    expect([commits.length, landed, sent, commits.at(-1)]).toEqual([32, 27, 29, link(60)]);
    await file.change(async () => line(60, 3), true);
    expect((await file.read()).commits).toHaveLength(57);
  });

  it('counts as empty if others can write it', async () => {
    const at = path();
    await fileOf(at).change(async () => line(2), true);
    expect(await fileOf(at, false).read()).toEqual(EMPTY);
  });

  it('is done without where no file can be made', async () => {
    const at = path();
    writeFileSync(join(at, '../..', 'turns'), '');
    const file = fileOf(at);
    expect(await file.change(async () => line(1), true)).toBe(false);
    expect(await file.read()).toEqual(EMPTY);
  });

  it.each([
    ['no JSON', '{'],
    ['another shape', '[]'],
    ['no commits', JSON.stringify({ landed: 0, sent: 0 })],
    ['too many commits', JSON.stringify(line(65))],
    ['commits that do not follow each other', JSON.stringify({ ...line(2), commits: [link(1), link(3)] })],
    ['an option for a revision', JSON.stringify({ ...line(0), commits: [{ ...link(1), to: '--exec=x' }] })],
    ['a relative path', JSON.stringify({ ...line(0), commits: [{ ...link(1), objects: '../pack' }] })],
    ['more landed than sent', JSON.stringify({ ...line(2), landed: 2, sent: 1 })],
    ['more sent than there are', JSON.stringify({ ...line(2), sent: 3 })],
    ['a half', JSON.stringify({ ...line(2), sent: 0.5 })],
  ])('counts as empty with %s', (_what, text) => {
    expect(parseLine(text)).toEqual(EMPTY);
  });

  it('counts as empty if it is a folder, or huge', async () => {
    const at = path();
    mkdirSync(at, { recursive: true });
    expect(await fileOf(at).read()).toEqual(EMPTY);
    const huge = path();
    mkdirSync(join(huge, '..'));
    writeFileSync(huge, JSON.stringify(line(2)).padEnd(600_000));
    expect(await fileOf(huge).read()).toEqual(EMPTY);
  });
});
