/** Flags of the commands that print lists: the order, and whether to print headings. */
import { Flags } from '@oclif/core';
import { UsageError } from '../../errors.js';
import { isMap } from '../../model/value/value.js';

export const LIST_FLAGS = {
  'sort-by': Flags.string({
    helpValue: 'KEY',
    summary: 'Sort by a key of the JSON rows, such as events or lastEvent.timestamp.',
  }),
  'no-headers': Flags.boolean({ summary: 'Omit the headings of the table.' }),
};

/** Splits `{.lastEvent.timestamp}` (kubectl's notation) or `lastEvent.timestamp` into keys; `\.` is a dot in a key. */
function keysOf(text: string): string[] {
  return text
    .replace(/^\{(.*)\}$/, '$1')
    .split(/(?<!\\)\./)
    .filter(Boolean)
    .map((name) => name.replaceAll('\\.', '.'));
}

function valueAt(row: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((at, key) => (isMap(at) && Object.hasOwn(at, key) ? at[key] : undefined), row);
}

function compared(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [one, other] = [a ?? '', b ?? ''].map(String) as [string, string];
  return one < other ? -1 : one > other ? 1 : 0;
}

/**
 * Sorts items by a key of their JSON rows; keeps their order if no key is given. Throws UsageError for a key that no
 * row has.
 * @param rowOf returns the JSON row of an item
 */
export function sortedBy<T>(items: readonly T[], key: unknown, rowOf: (item: T) => unknown): readonly T[] {
  if (typeof key !== 'string') return items;
  const keys = keysOf(key);
  const rows = items.map((item) => ({ item, row: rowOf(item) }));
  const [first] = rows;
  if (first !== undefined && rows.every(({ row }) => valueAt(row, keys) === undefined)) {
    const known = isMap(first.row) ? Object.keys(first.row).sort().join(', ') : '';
    throw new UsageError(`--sort-by: no row has ${JSON.stringify(key.slice(0, 80))}`, {
      suggestions: [`Rows have ${known}`],
      data: { flag: 'sort-by' },
    });
  }
  return rows.sort((a, b) => compared(valueAt(a.row, keys), valueAt(b.row, keys))).map(({ item }) => item);
}
