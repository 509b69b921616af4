import { useRef, useState } from 'preact/hooks';

/** Rows in the order in which the user sees them. */
export interface HeldOrder<Row> {
  readonly rows: readonly Row[];
  /** Whether sorting again would move rows. */
  readonly isStale: boolean;
  sortAgain(): void;
}

/**
 * Keeps rows where they are while their content changes, so that nothing moves under the reader's eyes or pointer. A row
 * that is new comes behind the row that sorting puts before it.
 * @param sorted the rows as sorting orders them now
 * @param question what the rows were asked by: another filter or order is sorted anew
 */
export function useHeldOrder<Row extends { readonly key: string }>(
  sorted: readonly Row[],
  question: string,
): HeldOrder<Row> {
  const held = useRef<{ question: string; keys: readonly string[] }>({ question: '', keys: [] });
  const [, update] = useState({});
  const isSame = held.current.question === question && held.current.keys.length > 0;
  const rows = isSame ? inHeldOrder(sorted, held.current.keys) : sorted;
  held.current = { question, keys: rows.map(({ key }) => key) };
  return {
    rows,
    isStale: rows.some((row, index) => row !== sorted[index]),
    sortAgain: () => {
      held.current = { question: '', keys: [] };
      update({});
    },
  };
}

/** The rows of `sorted` in the order of `keys`. */
export function inHeldOrder<Row extends { readonly key: string }>(
  sorted: readonly Row[],
  keys: readonly string[],
): readonly Row[] {
  const current = new Map(sorted.map((row) => [row.key, row]));
  const known = new Set(keys);
  /** New rows by the key of the row before them; '' for the first. */
  const behind = new Map<string, Row[]>();
  let previous = '';
  for (const row of sorted) {
    if (known.has(row.key)) previous = row.key;
    else behind.set(previous, [...(behind.get(previous) ?? []), row]);
  }
  return [
    ...(behind.get('') ?? []),
    ...keys.flatMap((key) => {
      const row = current.get(key);
      return row ? [row, ...(behind.get(key) ?? [])] : [];
    }),
  ];
}
