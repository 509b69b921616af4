import { columnsOf } from './columns.js';
import { terminalText } from './terminal-text.js';

/**
 * Wraps text to `width` columns between words, each line prefixed with `indent`; null (not a terminal) disables
 * wrapping. A word longer than a line stays whole.
 */
export function wrapped(text: string, width: number | null, indent: string): string[] {
  const lines = terminalText(text)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const room = width === null ? Number.POSITIVE_INFINITY : Math.max(width - indent.length, 20);
  return lines.flatMap((line) => {
    const lead = /^\s*(?:\* )?/.exec(line)?.[0] ?? '';
    return broken(line.slice(lead.length), room - lead.length).map(
      (part, i) => indent + (i === 0 ? lead : ' '.repeat(lead.length)) + part,
    );
  });
}

function broken(text: string, room: number): string[] {
  const parts: string[] = [];
  let line = '';
  for (const word of text.trim().split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && columnsOf(longer) > room) {
      parts.push(line);
      line = word;
    } else line = longer;
  }
  return [...parts, line];
}

/** An unbreakable part of a line: `text` is measured, `shown` is printed. */
export interface Part {
  readonly text: string;
  readonly shown: string;
}

/** Packs parts side by side, as many as fit into `width` columns; all lines but the first are indented. */
export function packed(parts: readonly Part[], width: number, indent: string, between = ' '): string[] {
  const lines: string[] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const { text, shown } of parts) {
    const columns = columnsOf(text);
    if (used + between.length + columns <= width) {
      lines.push(`${lines.pop()}${between}${shown}`);
      used += between.length + columns;
    } else {
      const before = lines.length === 0 ? '' : indent;
      lines.push(`${before}${shown}`);
      used = before.length + columns;
    }
  }
  return lines;
}
