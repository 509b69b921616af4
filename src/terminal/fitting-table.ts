import type { Screen } from './output.js';
import type { Style } from './style.js';
import {
  type Cell,
  cellOf,
  columnsOf,
  formatTable,
  GAP,
  NARROW_GAP,
  type TableRow,
  tableLines,
} from './table.js';
import { packed } from './wrap.js';

/** What the last column of a table needs to say anything, in columns of the terminal. */
const LAST_COLUMN = 20;
const INDENT = '    ';

/**
 * A table where the terminal has room for it, its last column cut at most. On a narrower one each row is a block: the first
 * cell, and below it the others with their headings. Nothing is cut there.
 * @param block the lines of the row with that index, where it is no such block
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

/** A row as a block: the first cell, and below it the others with their headings. */
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
