/** The arithmetic of the benchmarks. */

/** The median. Throws RangeError if there are no values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('no values');
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] as number) + upper) / 2;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Median and extremes. Throws RangeError if there are no values. */
export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Ratios per round of two series. Throws RangeError if their lengths differ. */
export function ratios(over: readonly number[], under: readonly number[]): number[] {
  if (over.length !== under.length)
    throw new RangeError(`${over.length} rounds against ${under.length}: not side by side`);
  return over.map((value, i) => value / (under[i] as number));
}

/** Each value minus the one at the same index of `others`. */
export function differences(values: readonly number[], others: readonly number[]): number[] {
  return values.map((value, i) => value - (others[i] ?? 0));
}

/** The quantile: the smallest value that at least this share of the values does not exceed. Throws RangeError if there are none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(Math.ceil(sorted.length * part) - 1, 0)];
  if (value === undefined) throw new RangeError('no values');
  return value;
}
