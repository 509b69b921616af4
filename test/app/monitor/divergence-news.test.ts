import { expect, it } from 'vitest';
import { DivergenceWatch, type Proof } from '../../../src/app/monitor/divergence-news.js';
import type { Divergence } from '../../../src/k0rdent/observe/divergence.js';
import type { Positions } from '../../../src/news/segment.js';

const GRACE = 60_000;
const untracked: Divergence = {
  ...{ kind: 'untracked', management: 'default', namespace: 'a', name: 'prod' },
  detail: 'live, and no event records it',
};
const vanished: Divergence = { ...untracked, kind: 'vanished', name: 'lost' };

const proof = (watched: readonly string[] = ['default'], isCovered = true): Proof => ({
  watched: new Set(watched),
  covers: () => isCovered,
});
const BEFORE: Positions = new Map([['management/default', true]]);

/** Looks at these times, in seconds, with what is there and what is proven. */
function told(
  looks: readonly (readonly [at: number, there: readonly Divergence[], proof?: Proof])[],
  watch = new DivergenceWatch(BEFORE, GRACE),
) {
  return looks.flatMap(([at, there, known = proof()]) =>
    watch.take(there, known, at * 1_000).news.map(({ document: { type, name } }) => `${at} ${type} ${name}`),
  );
}

it('tells nothing of a create or a delete whose event comes later', () => {
  expect(
    told([
      [0, [untracked]],
      [30, [untracked]],
      [59, []],
      [60, [untracked]],
      [119, [untracked]],
      [120, []],
    ]),
  ).toEqual([]);
});

it('tells what lasts once, and its end once that lasts', () => {
  const looks = [
    [0, [untracked]],
    [60, [untracked]],
    [61, [untracked]],
    [70, []],
    [100, [untracked]],
    [101, []],
    [161, []],
    [200, []],
  ] as const;
  expect(told(looks)).toEqual(['60 found prod', '161 resolved prod']);
});

it('says when it has to look again', () => {
  const watch = new DivergenceWatch(BEFORE, GRACE);
  expect(watch.take([untracked], proof(), 1_000).next).toBe(61_000);
  expect(watch.take([untracked, vanished], proof(), 5_000).next).toBe(61_000);
  expect(watch.take([untracked, vanished], proof(), 61_000).next).toBe(65_000);
  expect(watch.take([untracked, vanished], proof(), 65_000).next).toBeNull();
});

it('does not count looks at what nobody watches', () => {
  const away = proof([]);
  expect(
    told([
      [0, [untracked]],
      [30, [untracked], away],
      [60, [untracked]],
      [119, [untracked]],
    ]),
  ).toEqual([]);
  expect(
    told([
      [0, [untracked]],
      [60, [untracked]],
      [70, [], away],
      [200, [], away],
      [201, []],
      [261, []],
    ]),
  ).toEqual(['60 found prod', '261 resolved prod']);
});

it('takes no absence for proven where the lists do not cover the cluster', () => {
  const uncovered = proof(['default'], false);
  expect(
    told([
      [0, [vanished], uncovered],
      [90, [vanished], uncovered],
    ]),
  ).toEqual([]);
  expect(
    told([
      [0, [vanished]],
      [60, [vanished]],
      [70, [], uncovered],
      [200, [], uncovered],
    ]),
  ).toEqual(['60 found lost']);
  expect(
    told([
      [0, [untracked], uncovered],
      [60, [untracked], uncovered],
    ]),
  ).toEqual(['60 found prod']);
});

it('takes what is there at the first look at a management cluster as known', () => {
  expect(
    told(
      [
        [0, [untracked]],
        [90, [untracked]],
        [100, []],
        [160, []],
      ],
      new DivergenceWatch(new Map(), GRACE),
    ),
  ).toEqual(['160 resolved prod']);
});

it('goes on from its positions', () => {
  const first = new DivergenceWatch(BEFORE, GRACE);
  first.take([untracked], proof(), 0);
  const { positions } = first.take([untracked], proof(), GRACE);
  const second = () => new DivergenceWatch(new Map([...BEFORE, ...Object.entries(positions)]), GRACE);
  expect(
    told(
      [
        [0, [untracked]],
        [90, [untracked]],
      ],
      second(),
    ),
  ).toEqual([]);
  expect(
    told(
      [
        [0, []],
        [60, []],
      ],
      second(),
    ),
  ).toEqual(['60 resolved prod']);
  expect(
    told(
      [
        [0, []],
        [60, []],
      ],
      new DivergenceWatch(new Map([['divergence/x', 'damaged']]), GRACE),
    ),
  ).toEqual([]);
});
