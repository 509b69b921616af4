import { columnsOf } from './columns.js';
import { RESET, splitStyled } from './style.js';

/** A run of non-blank characters, or the blanks between two such runs. */
interface Piece {
  readonly text: string;
  /** Escape sequence that starts its style; empty if it has none. */
  readonly open: string;
}

/** Leading blanks and one symbol, such as `✓ ` or `→ `: continuation lines are indented to the column after it. */
const LEAD = /^(\s*)([^\p{L}\p{N}\s"'`([{<] )?/u;
/** Break points inside a word that is longer than a line. */
const SEAMS = /(?<=[/,.])/;

/**
 * Breaks a finished line into lines of at most `width` columns, between words; continuation lines are indented below
 * its start. A word longer than a line is broken after `/`, `,` and `.`, so that names stay readable. A URL stays
 * whole, so that a terminal can open it.
 */
export function fitLine(line: string, width: number): string[] {
  const runs = splitStyled(line);
  const plain = runs.map(({ text }) => text).join('');
  if (columnsOf(plain) <= width) return [line];
  const [lead = '', blanks = '', symbol] = LEAD.exec(plain) ?? [];
  const indent = ' '.repeat(Math.min(symbol === undefined ? blanks.length + 2 : lead.length, width >> 1));
  return layOut(wordsOf(runs), width, indent).map(shown);
}

/** Groups pieces into words; each run of blanks is a word of its own. */
function wordsOf(runs: readonly Piece[]): Piece[][] {
  const words: Piece[][] = [];
  let isOpen = false;
  for (const { text, open } of runs) {
    for (const part of text.split(/(\s+)/)) {
      if (part === '') continue;
      const isBlank = /^\s/.test(part);
      const last = words.at(-1);
      if (isOpen && !isBlank && last) last.push({ text: part, open });
      else words.push([{ text: part, open }]);
      isOpen = !isBlank;
    }
  }
  return words;
}

function layOut(words: readonly Piece[][], width: number, indent: string): Piece[][] {
  const lines: Piece[][] = [[]];
  let used = 0;
  /** Pending blanks, written only if more text follows on the line. */
  let gap: Piece[] = [];
  const breakLine = () => {
    lines.push([{ text: indent, open: '' }]);
    used = indent.length;
    gap = [];
  };
  const put = (pieces: readonly Piece[]) => {
    lines.at(-1)?.push(...gap, ...pieces);
    used += columnsIn(gap) + columnsIn(pieces);
    gap = [];
  };
  for (const word of words) {
    if (/^\s/.test(word[0]?.text ?? '')) {
      gap = used === indent.length && lines.length > 1 ? [] : word;
      continue;
    }
    const isAtBegin = lines.length > 1 ? used === indent.length : used === 0;
    if (used + columnsIn(gap) + columnsIn(word) > width && !isAtBegin) breakLine();
    if (used + columnsIn(gap) + columnsIn(word) <= width) {
      put(word);
      continue;
    }
    for (const part of partsOf(word)) {
      if (used + columnsIn([part]) > width && used > indent.length) breakLine();
      put([part]);
    }
  }
  return lines;
}

/** Splits a word that is longer than a line at its break points; a URL stays whole. */
function partsOf(word: readonly Piece[]): readonly Piece[] {
  if (word.some(({ text }) => text.includes('://'))) return word;
  return word.flatMap(({ text, open }) => text.split(SEAMS).map((part) => ({ text: part, open })));
}

function columnsIn(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { text }) => sum + columnsOf(text), 0);
}

function shown(pieces: readonly Piece[]): string {
  return pieces.map(({ text, open }) => (open ? `${open}${text}${RESET}` : text)).join('');
}
