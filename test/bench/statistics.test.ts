import { expect, it } from 'vitest';
import { benchmarksPart, FIGURES, readResults } from '../../bench/report.js';
import { missingRow, ratioRow, verdict } from '../../bench/result.js';
import { differences, median, quantile, ratios, spread } from '../../bench/statistics.js';
import { serverTime } from '../../bench/trace.js';

const root = new URL('../..', import.meta.url).pathname;
const words = { what: 'a | b', command: 'kgit get', baseline: 'node -e 0', target: 2 };

it('takes medians, spreads, differences and ratios round by round', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  expect(spread([5, 1, 9])).toEqual({ median: 5, min: 1, max: 9 });
  expect(ratios([10, 30], [5, 10])).toEqual([2, 3]);
  expect(differences([10, 30], [1, 2])).toEqual([9, 28]);
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([quantile(hundred, 0.99), quantile(hundred, 0.5), quantile([7], 0.99)]).toEqual([99, 50, 7]);
  expect(() => median([])).toThrow(RangeError);
  expect(() => quantile([], 0.5)).toThrow(RangeError);
  expect(() => ratios([1], [1, 2])).toThrow(RangeError);
});

it('gives the median of the ratios of rounds, not the ratio of medians', () => {
  const row = ratioRow(words, [10, 40, 30], [10, 10, 20]);
  expect(row.value).toEqual({ median: 1.5, min: 1, max: 4 });
  expect([row.times, row.rounds]).toEqual([[30, 10], 3]);
});

it('judges by the median, and never calls passed what was not measured', () => {
  const value = { median: 2, min: 1, max: 9 };
  expect(verdict({ value, target: 2 })).toBe('pass');
  expect(verdict({ value, target: 1.9 })).toBe('short');
  expect(verdict({ value, target: null })).toBe('');
  expect(verdict(missingRow(words, 'no such tool'))).toBe('not measured');
});

it("takes a push's server time from the end of the client's packing to the end of the server", () => {
  const traced = (name: string, began: number, ended: number) => ({ name, began, ended });
  const push = [traced('push', 0, 95), traced('receive-pack', 10, 90), traced('pack-objects', 20, 30)];
  expect(serverTime(push)).toBe(60);
  expect(() => serverTime(push.slice(0, 1))).toThrow('no push');
});

it('has results of known figures alone, each row with its command, and all of them on the page', () => {
  const results = readResults(root);
  const measured = results.map(({ figure }) => figure);
  expect(measured).toEqual(FIGURES.filter((figure) => measured.includes(figure)));
  expect(measured).toContain('START');
  const page = benchmarksPart(root);
  for (const { figure, machine, rows } of results) {
    expect(page).toContain(`### ${figure}\n`);
    expect(machine.bareNode.median).toBeGreaterThan(0);
    for (const row of rows) {
      expect(page).toContain(`\`${row.command}\``);
      if (row.value === null) expect(row.note).not.toBe('');
    }
  }
});
