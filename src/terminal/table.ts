import stringWidth from 'string-width';
import type { Colour, Style } from './style.js';
import { oneLine } from './terminal-text.js';

const PLAIN = /^[ -~]*$/;

/** Columns of a terminal that a text takes; the common case is not measured letter by letter. */
export function columnsOf(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

export interface Cell {
  readonly text: string;
  readonly colour?: Colour | undefined;
}

export type TableRow = readonly (string | Cell)[];

export const GAP = '   ';
/** Between columns where room is scarce. */
export const NARROW_GAP = '  ';
const MIN_COLUMN = 8;

/** What a cell says. */
export function textOf(cell: string | Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

/** A cell of text on one line that a terminal may get. */
export function cellOf(cell: string | Cell): Cell {
  return typeof cell === 'string' ? { text: oneLine(cell) } : { ...cell, text: oneLine(cell.text) };
}

/** The text cut to `width` columns of a terminal, `…` showing the cut. */
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
 * Lines of a table as kubectl prints them: a heading in capitals, columns apart by blanks.
 * On a terminal of `width` columns the last column gives way; elsewhere (null) nothing is cut.
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

/** The lines of a table without the first, which has the headings, where they are not wanted. */
export function tableLines(lines: string[], { noHeaders }: { readonly noHeaders?: boolean }): string[] {
  return noHeaders ? lines.slice(1) : lines;
}
