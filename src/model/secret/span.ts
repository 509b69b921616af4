/** A secret part of a text: `[start, end)` in UTF-16 units, the rule that found it, and a description for people. */
export interface SecretSpan {
  readonly start: number;
  readonly end: number;
  readonly rule: string;
  readonly what: string;
}

/** A part of a text, `[start, end)`. */
export type Range = readonly [start: number, end: number];

/** Whether `[start, end)` lies within one of `ranges`, which are sorted by start and do not overlap. */
export function isInside(ranges: readonly Range[], start: number, end: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [from, to] = ranges[middle] as Range;
    if (start < from) high = middle - 1;
    else if (start >= to) low = middle + 1;
    else return end <= to;
  }
  return false;
}

/** Sorts `ranges` and joins those that overlap or touch. */
export function mergeRanges(ranges: readonly Range[]): Range[] {
  const merged: [number, number][] = [];
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

/** Joins overlapping `spans`, each under the rule that comes first in `spans`; sorts by start. */
export function joinSpans(spans: readonly SecretSpan[]): SecretSpan[] {
  const joined: { span: SecretSpan; rank: number }[] = [];
  const ranked = spans.map((span, rank) => ({ span, rank })).sort((a, b) => a.span.start - b.span.start);
  for (const { span, rank } of ranked) {
    const last = joined.at(-1);
    if (!last || span.start >= last.span.end) {
      joined.push({ span, rank });
      continue;
    }
    const first = rank < last.rank ? span : last.span;
    const end = Math.max(span.end, last.span.end);
    joined[joined.length - 1] = {
      span: { ...first, start: last.span.start, end },
      rank: Math.min(rank, last.rank),
    };
  }
  return joined.map(({ span }) => span);
}
