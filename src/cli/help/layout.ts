import { columnsOf } from '../../terminal/columns.js';
import type { Style } from '../../terminal/style.js';
import { wrapped } from '../../terminal/wrap.js';

/** Width and style of a help page. */
export interface Page {
  readonly width: number;
  readonly style: Style;
}

const INDENT = '  ';
/** Minimum page width, in columns, for a text beside its term; on a narrower page it goes below. */
const MIN_BESIDE = 60;
const MAX_TERM = 28;

/** Formats a section: its title, then its lines unchanged. Empty if it has no lines. */
export function section(title: string, lines: readonly string[], { style }: Page): string[] {
  return lines.length === 0 ? [] : ['', style('bold', title), ...lines];
}

/** Wraps paragraphs to the page. */
export function paragraphs(text: string, { width }: Page, indent = INDENT): string[] {
  return text.split('\n\n').flatMap((part, i) => [...(i > 0 ? [''] : []), ...wrapped(part, width, indent)]);
}

/** Formats terms with their meanings beside them, or below them on a narrow page. */
export function definitions(rows: readonly (readonly [string, string])[], page: Page): string[] {
  const { width, style } = page;
  const column = Math.min(Math.max(0, ...rows.map(([term]) => columnsOf(term))), MAX_TERM);
  const isBeside = width >= MIN_BESIDE;
  const indent = isBeside ? ' '.repeat(INDENT.length + column + 2) : INDENT.repeat(3);
  return rows.flatMap(([term, text]) => {
    const lines = wrapped(text, width, indent);
    if (!isBeside || columnsOf(term) > column) return [...termLines(term, page), ...lines];
    const [first = indent, ...more] = lines;
    const padding = ' '.repeat(column - columnsOf(term));
    return [`${INDENT}${style('bold', term)}${padding}${first.slice(INDENT.length + column)}`, ...more];
  });
}

/** Puts a term on its own lines, split between its alternatives if it is wider than the page. */
function termLines(term: string, { width, style }: Page): string[] {
  const isWide = columnsOf(term) + INDENT.length > width;
  const lines: string[] = [];
  for (const part of isWide ? term.split(/(?<=[|,])/) : [term]) {
    const longer = `${lines.at(-1) ?? ''}${part}`;
    const mark = lines.length > 1 ? INDENT.repeat(3) : INDENT;
    if (lines.length > 0 && columnsOf(mark + longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(part.trim());
  }
  return lines.map((line, i) => `${i === 0 ? INDENT : INDENT.repeat(3)}${style('bold', line)}`);
}

/** A shell word with the blanks before it; quoted text stays together. */
const SHELL_WORD = /\s*(?:'[^']*'|"[^"]*"|[^\s'"])+/g;

/** Wraps a command line to the page, so that a shell reads it as one line. */
export function commandLines(text: string, { width }: Page): string[] {
  const [lead, next] = [`${INDENT}$ `, INDENT.repeat(3)];
  const lines: string[] = [];
  let line = lead;
  for (const word of (text.match(SHELL_WORD) ?? []).map((part) => part.trim())) {
    const longer = line === lead || line === next ? line + word : `${line} ${word}`;
    if (columnsOf(longer) + ' \\'.length > width && line.trim() !== '' && line !== lead) {
      lines.push(`${line} \\`);
      line = next + word;
    } else line = longer;
  }
  return [...lines, line];
}
