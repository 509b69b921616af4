import { columnsOf } from './columns.js';
import type { Colour, Style } from './style.js';
import { oneLine } from './terminal-text.js';

export interface Cell {
  readonly text: string;
  readonly colour?: Colour | undefined;
}

export type TableRow = readonly (string | Cell)[];

export const GAP = '   ';
/** Gap between columns when space is scarce. */
export const NARROW_GAP = '  ';
const MIN_COLUMN = 8;

/** Returns the text of a cell. */
export function textOf(cell: string | Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

/** Returns a cell whose text is one line and safe for a terminal. */
export function cellOf(cell: string | Cell): Cell {
  return typeof cell === 'string' ? { text: oneLine(cell) } : { ...cell, text: oneLine(cell.text) };
}

/** Cuts a text to `width` terminal columns; `…` marks the cut. */
export function clip(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  let kept = '';
  let used = 1;
  for (const character of text) {
    used += columnsOf(character);
    if (used > width) break;
    kept += character;
  }
  return `${kept}…`;
}

/**
 * Formats a table as kubectl does: headings in capitals, columns separated by blanks. On a terminal of `width` columns
 * the last column is cut to fit; otherwise (null) nothing is cut.
 */
export function formatTable(
  heading: readonly string[],
  rows: readonly TableRow[],
  style: Style,
  width: number | null,
  gap = GAP,
): string[] {
  const cells = [
    heading.map((text) => ({ text, colour: 'dim' as const })),
    ...rows.map((row) => row.map(cellOf)),
  ];
  const last = heading.length - 1;
  const widths = heading.map((_, i) => Math.max(...cells.map((row) => columnsOf(row[i]?.text ?? ''))));
  if (width !== null) {
    const before = widths.slice(0, last).reduce((sum, column) => sum + column + gap.length, 0);
    widths[last] = Math.min(widths[last] ?? 0, Math.max(width - before, MIN_COLUMN));
  }
  return cells.map((row) =>
    row
      .map(({ text, colour }, i) => {
        const shown = i === last && width !== null ? clip(text, widths[i] ?? 0) : text;
        const padding = i === last ? '' : ' '.repeat((widths[i] ?? 0) - columnsOf(shown));
        return (colour ? style(colour, shown) : shown) + padding;
      })
      .join(gap)
      .trimEnd(),
  );
}

/** Drops the heading line of a table if `noHeaders` is set. */
export function tableLines(lines: string[], { noHeaders }: { readonly noHeaders?: boolean }): string[] {
  return noHeaders ? lines.slice(1) : lines;
}
