import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.js';
import {
  formatAge,
  formatTime,
  parseDayRange,
  parseDuration,
  parseTime,
} from '../../../src/model/value/time.js';

// A Saturday; tests run in UTC.
const NOW = Date.UTC(2026, 10, 21, 15, 30);

describe('times from the command line', () => {
  it.each([
    ['2025-07-11T14:30:00Z', Date.UTC(2025, 6, 11, 14, 30)],
    ['2025-07-11', Date.UTC(2025, 6, 11)],
    ['2025-07-11 14:30', Date.UTC(2025, 6, 11, 14, 30)],
    ['2025-07-11 14:30:15', Date.UTC(2025, 6, 11, 14, 30, 15)],
    ['15m', NOW - 15 * 60_000],
    ['3d', NOW - 3 * 86_400_000],
    ['2w', NOW - 14 * 86_400_000],
    ['today', Date.UTC(2026, 10, 21)],
    ['yesterday', Date.UTC(2026, 10, 20)],
    ['friday', Date.UTC(2026, 10, 20)],
    ['saturday', Date.UTC(2026, 10, 14)],
    ['sun', Date.UTC(2026, 10, 15)],
    ['yesterday 08:00', Date.UTC(2026, 10, 20, 8)],
  ])('%s', (text, time) => {
    expect(parseTime(text, NOW)).toBe(time);
  });

  it.each(['', 'soon', '2025-02-30', '2025-07-11 25:00', '3x', '-3d', 'fri day'])('refuses %j', (text) => {
    expect(() => parseTime(text, NOW)).toThrow(UsageError);
  });

  it('a day ends where the next begins', () => {
    expect(parseDayRange('yesterday', NOW)).toEqual({
      since: Date.UTC(2026, 10, 20),
      until: Date.UTC(2026, 10, 21),
    });
    expect(() => parseDayRange('3d', NOW)).toThrow(UsageError);
  });
});

describe('durations', () => {
  it.each([
    ['312.5', 312_500],
    ['5m12s', 312_000],
    ['2h', 7_200_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['0', 0],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', 'h', '5 m', '-5', '5m-', '1e3', '5x'])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(UsageError);
  });

  it('are shown in one unit', () => {
    expect([0, 59_999, 60_000, 3_599_999, 47 * 3_600_000, 48 * 3_600_000].map(formatAge)).toEqual([
      '0s',
      '59s',
      '1m',
      '59m',
      '47h',
      '2d',
    ]);
    expect(formatTime(NOW, true)).toBe('2026-11-21 15:30:00Z');
    expect(formatTime(NOW, false)).toBe('2026-11-21 15:30:00+00:00');
  });
});
