import type { Rows } from '../answers/fitted.js';

/** Which rows are wanted: how many, behind how many. */
export interface PageWanted {
  readonly limit: number;
  readonly skip: number;
}

/** Some of many rows. */
export interface Page<Row> {
  readonly items: readonly Row[];
  /** The `skip` of the next page; null if this is the last. */
  readonly next: number | null;
  readonly rows: Rows;
}

/**
 * Takes a page of rows that are at hand.
 * @param key the key of the document under which they are
 * @param from whether pages begin at the first row and go on, or at the last and go back; rows keep their order
 */
export function pageOf<Row>(
  key: string,
  all: readonly Row[],
  { limit, skip }: PageWanted,
  from: 'first' | 'last',
): Page<Row> {
  const [start, end] =
    from === 'first'
      ? [skip, skip + limit]
      : [Math.max(0, all.length - skip - limit), Math.max(0, all.length - skip)];
  const items = all.slice(start, end);
  return {
    items,
    next: skip + items.length < all.length && items.length > 0 ? skip + items.length : null,
    rows: { key, keep: from, next: (kept) => skip + kept.length },
  };
}
