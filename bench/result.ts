import type { Machine } from './machine.js';
import { ratios, type Spread, spread } from './statistics.js';

/** One measured figure: a ratio of two commands that ran side by side, or a plain number. */
export interface Row {
  /** What is measured, in words. */
  readonly what: string;
  /** As a user would type it. */
  readonly command: string;
  /** What it is compared with; a file of `bench/baselines/` or a command. Empty for a plain number. */
  readonly baseline: string;
  /** Largest value that passes; null where none is set. */
  readonly target: number | null;
  readonly unit: 'x' | 'MB' | 'KB' | 'ms' | 'pushes' | 'events';
  /** Of the rounds; null where it could not be measured, and then `note` says why. */
  readonly value: Spread | null;
  readonly rounds: number;
  /** Medians in ms of the command and of its baseline. */
  readonly times: readonly [number, number] | null;
  /** Peak resident memory of the command with all that it starts, in MB. */
  readonly peakMb: number | null;
  readonly note: string;
}

/** The rows of one figure, as `bench/results/<FIGURE>.json` holds them. */
export interface Result {
  readonly figure: string;
  readonly measuredAt: string;
  readonly machine: Machine;
  readonly rows: readonly Row[];
}

type Words = Pick<Row, 'what' | 'command' | 'baseline' | 'target'> & Partial<Pick<Row, 'peakMb' | 'note'>>;

const round = (value: number, digits: number) => Number(value.toFixed(digits));

function rounded(value: Spread, digits: number): Spread {
  return {
    median: round(value.median, digits),
    min: round(value.min, digits),
    max: round(value.max, digits),
  };
}

/** The median of the rounds' ratios. `times` are in ms, round by round; `shown` are those of the whole command, where `times` are a part of it. */
export function ratioRow(
  words: Words,
  times: readonly number[],
  baseline: readonly number[],
  shown: readonly number[] = times,
): Row {
  const value = rounded(spread(ratios(times, baseline)), 3);
  const pair: [number, number] = [round(spread(shown).median, 1), round(spread(baseline).median, 1)];
  return { peakMb: null, note: '', ...words, unit: 'x', value, rounds: times.length, times: pair };
}

/** A number that is no ratio, such as bytes. */
export function numberRow(words: Words, unit: Row['unit'], values: readonly number[]): Row {
  const value = rounded(spread(values), 1);
  return { peakMb: null, note: '', ...words, unit, value, rounds: values.length, times: null };
}

/** A figure that could not be measured here, and why. */
export function missingRow(words: Words, why: string): Row {
  return { peakMb: null, ...words, unit: 'x', value: null, rounds: 0, times: null, note: why };
}

export type Verdict = 'pass' | 'short' | 'not measured' | '';

/** Whether a figure reaches its target; empty where it has none. */
export function verdict({ value, target }: Pick<Row, 'value' | 'target'>): Verdict {
  if (value === null) return 'not measured';
  if (target === null) return '';
  return value.median <= target ? 'pass' : 'short';
}
