import { columnsOf } from './columns.js';
import type { Screen } from './output.js';
import type { Style } from './style.js';
import { type Cell, cellOf, formatTable, GAP, NARROW_GAP, type TableRow, tableLines } from './table.js';
import { packed } from './wrap.js';

/** Least width at which the last column of a table is still useful, in terminal columns. */
const LAST_COLUMN = 20;
const INDENT = '    ';

/**
 * Formats rows as a table if the terminal is wide enough, cutting at most the last column. On a narrower terminal each
 * row becomes a block, with nothing cut: the first cell, then the other cells below it with their headings.
 * @param block formats the row with that index as a block, instead of `blockOf`
 */
export function fittingTable(
  heading: readonly string[],
  rows: readonly TableRow[],
  screen: Screen,
  block?: (index: number) => readonly string[],
): string[] {
  const { style, width } = screen;
  const cells = rows.map((row) => row.map(cellOf));
  const gap = [GAP, NARROW_GAP].find((one) => width === null || columnsNeeded(heading, cells, one) <= width);
  if (gap !== undefined) return tableLines(formatTable(heading, cells, style, width, gap), screen);
  return cells.flatMap((row, i) => block?.(i) ?? blockOf(heading, row, style, width ?? 0));
}

function columnsNeeded(heading: readonly string[], rows: readonly (readonly Cell[])[], gap: string): number {
  return heading.reduce((sum, title, i) => {
    const texts = rows.map((row) => columnsOf(row[i]?.text ?? ''));
    const column = texts.reduce((most, one) => Math.max(most, one), title.length);
    return sum + (i < heading.length - 1 ? column + gap.length : Math.min(column, LAST_COLUMN));
  }, 0);
}

/** Formats a row as a block: the first cell, then the other cells below it with their headings. */
export function blockOf(
  heading: readonly string[],
  row: readonly Cell[],
  style: Style,
  width: number,
): string[] {
  const [first = { text: '' }, ...others] = row;
  const coloured = ({ text, colour }: Cell) => (colour ? style(colour, text) : text);
  const parts = others.flatMap((cell, i) => {
    if (cell.text === '') return [];
    const title = (heading[i + 1] ?? '').toLowerCase();
    return { text: `${title} ${cell.text}`, shown: `${style('dim', title)} ${coloured(cell)}` };
  });
  const lines = packed(parts, width - INDENT.length, '', ', ');
  return [coloured(first), ...lines.map((line) => INDENT + line)];
}
