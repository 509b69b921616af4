import { expect, it } from 'vitest';
import { judge, type Move } from '../../support/api-server/judge-watch.js';

const move = (name: string, from: string | null, to: string | null, second: number): Move => {
  return { name, from, to, at: to === null ? null : `2026-08-22T10:00:0${second}Z` };
};
const FAILED = move('a', 'Ready', 'ServicesFailed', 1);
const AGAIN = move('a', 'ServicesFailed', 'ServicesFailed', 2);
const FINE = move('a', 'ServicesFailed', 'Ready', 3);
const OTHER = move('b', 'Ready', null, 4);
const HAPPENED = [FAILED, AGAIN, OTHER, FINE];
const RIGHT = { duplicates: 0, missed: 0, overtaken: 0, disordered: 0 };

it.each<[string, Move[], object]>([
  ['all', HAPPENED, {}],
  ['the clusters in another order', [OTHER, FAILED, AGAIN, FINE], {}],
  ['one twice', [FAILED, FAILED, AGAIN, FINE, OTHER], { duplicates: 1, disordered: 1 }],
  ['one that did not happen', [...HAPPENED, move('c', null, 'New', 5)], { duplicates: 1, disordered: 1 }],
  [
    'one at another time',
    [FAILED, AGAIN, move('a', 'ServicesFailed', 'Ready', 9), OTHER],
    { duplicates: 1, missed: 1 },
  ],
  ['all but the last', [FAILED, AGAIN, OTHER], { missed: 1 }],
  ['none of a cluster', [FAILED, AGAIN, FINE], { missed: 1 }],
  ['one that is left out', [FAILED, FINE, OTHER], { overtaken: 1 }],
  ['nothing of one that came back', [OTHER], { overtaken: 3 }],
  ['two in the wrong order', [AGAIN, FAILED, FINE, OTHER], { disordered: 3 }],
])('judges what was told: %s', (_, told, wrong) => {
  const { transitions, told: count, ...found } = judge(HAPPENED, told);
  expect([transitions, count]).toEqual([HAPPENED.length, told.length]);
  expect(found).toEqual({ ...RIGHT, ...wrong });
});
