import type { Machine } from './machine.js';
import { ratios, type Spread, spread } from './statistics.js';

/** One measured figure: a ratio of two commands that ran side by side, or a plain number. */
export interface Row {
  /** What is measured, in words. */
  readonly what: string;
  /** As a user would type it. */
  readonly command: string;
  /** The baseline: a file of `bench/baselines/` or a command. Empty for a plain number. */
  readonly baseline: string;
  /** Largest value that passes; null if there is no target. */
  readonly target: number | null;
  readonly unit: 'x' | 'MB' | 'KB' | 'ms' | 'pushes' | 'events' | 'runs';
  /** Of the rounds; null if it could not be measured, with the reason in `note`. */
  readonly value: Spread | null;
  readonly rounds: number;
  /** Medians in ms of the command and of its baseline. */
  readonly times: readonly [number, number] | null;
  /** Peak resident memory in MB of the command and its children. */
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

/** Makes a row of the rounds' median ratio. `times` are in ms, per round; `shown` are times of the whole command if `times` are a part of it. */
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

/** Makes a row of a plain number, such as bytes. */
export function numberRow(words: Words, unit: Row['unit'], values: readonly number[]): Row {
  const value = rounded(spread(values), 1);
  return { peakMb: null, note: '', ...words, unit, value, rounds: values.length, times: null };
}

/** Makes a row of a figure that could not be measured here. */
export function missingRow(words: Words, why: string): Row {
  return { peakMb: null, ...words, unit: 'x', value: null, rounds: 0, times: null, note: why };
}

export type Verdict = 'pass' | 'short' | 'not measured' | '';

/** Whether a figure reaches its target; empty if it has none. */
export function verdict({ value, target }: Pick<Row, 'value' | 'target'>): Verdict {
  if (value === null) return 'not measured';
  if (target === null) return '';
  return value.median <= target ? 'pass' : 'short';
}
