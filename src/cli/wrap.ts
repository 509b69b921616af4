import { columnsOf } from './table.js';
import { terminalText } from './terminal-text.js';

/**
 * Text of several lines within `width` columns, broken between words and each line behind `indent`; nothing is broken
 * where the output is no terminal (null). A word longer than a line stays whole.
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
