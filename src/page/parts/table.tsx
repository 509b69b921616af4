// biome-ignore-all lint/a11y/noRedundantRoles: browsers drop the roles of a table that is laid out as cards
// biome-ignore-all lint/a11y/useSemanticElements: they are the semantic elements
// biome-ignore-all lint/a11y/noAriaHiddenOnFocusable: rows cannot be focused
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { onRowKey } from '../state/keys.js';
import { useWindowed } from './windowed.js';

export interface Column<Row> {
  /** Class of its cells, for width and place on a card. */
  readonly key: string;
  readonly title: string;
  readonly render: (row: Row) => ComponentChildren;
}

interface TableProps<Row> {
  /** For screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Class of a row. */
  readonly classOf?: (row: Row) => string;
  /** Key of the column that the rows are sorted by. */
  readonly sort?: string;
  /** Called with the key of a column whose heading was clicked; without it, headings are text. */
  readonly onSort?: (key: string) => void;
}

/**
 * A long table: only what the screen shows is rendered. `j` and `k` go from row to row; a row is opened by the link in
 * its first cell that has one, which is focused. On a narrow screen each row is a card. Roles are written out, because
 * browsers drop those of a table that is laid out as cards.
 */
export function Table<Row>({ label, columns, rows, keyOf, classOf, sort, onSort }: TableProps<Row>) {
  const { ref, first, last, rowHeight, firstSeen, reveal } = useWindowed<HTMLTableSectionElement>(
    rows.length,
  );
  const [cursor, setCursor] = useState<string | null>(null);
  // Keys may come faster than the table is rendered: each of them goes on from the one before.
  const latest = useRef<string | null>(null);
  const moveTo = (key: string) => {
    latest.current = key;
    setCursor(key);
  };
  const isMoved = useRef(false);
  useEffect(
    () =>
      onRowKey((step) => {
        const at = rows.findIndex((one) => keyOf(one) === latest.current);
        const next = Math.min(rows.length - 1, Math.max(0, at < 0 ? firstSeen() : at + step));
        const row = rows[next];
        if (row === undefined) return;
        isMoved.current = true;
        moveTo(keyOf(row));
        reveal(next);
      }),
    [rows, keyOf, firstSeen, reveal],
  );
  useLayoutEffect(() => {
    if (!isMoved.current || cursor === null) return;
    const link = ref.current?.querySelector<HTMLElement>('tr.is-cursor a');
    if (!link) return;
    isMoved.current = false;
    link.focus({ preventScroll: true });
  });
  const spacer = (count: number) =>
    count > 0 && (
      <tr aria-hidden="true" class="spacer" style={{ height: `${count * rowHeight}px` }}>
        <td colSpan={columns.length} />
      </tr>
    );
  return (
    <table class="table" role="table" aria-label={label} aria-rowcount={rows.length + 1}>
      <thead>
        <tr role="row" aria-rowindex={1}>
          {columns.map(({ key, title }) => (
            <th
              key={key}
              role="columnheader"
              class={`cell-${key}`}
              aria-sort={sort === key ? 'other' : undefined}
            >
              {onSort ? (
                <button type="button" class="heading" onClick={() => onSort(key)}>
                  {title}
                  {sort === key && <span class="heading-mark" aria-hidden="true" />}
                </button>
              ) : (
                title
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={ref}>
        {spacer(first)}
        {rows.slice(first, last).map((row, index) => {
          const key = keyOf(row);
          return (
            <tr
              key={key}
              role="row"
              aria-rowindex={first + index + 2}
              class={`${classOf?.(row) ?? ''}${key === cursor ? ' is-cursor' : ''}`}
              onFocusCapture={() => moveTo(key)}
            >
              {columns.map((column) => (
                <td key={column.key} role="cell" class={`cell-${column.key}`}>
                  {column.render(row)}
                </td>
              ))}
            </tr>
          );
        })}
        {spacer(rows.length - last)}
      </tbody>
    </table>
  );
}
