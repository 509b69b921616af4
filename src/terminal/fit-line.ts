import { RESET, splitStyled } from './style.js';
import { columnsOf } from './table.js';

/** A part of a line without blanks in it, or the blanks between two. */
interface Piece {
  readonly text: string;
  /** The sequence that begins its style; empty where it has none. */
  readonly open: string;
}

/** Blanks and one symbol, such as `✓ ` or `→ `: the lines that follow are indented to the same column. */
const LEAD = /^(\s*)([^\p{L}\p{N}\s"'`([{<] )?/u;
/** Where a word that is longer than a line may be broken. */
const SEAMS = /(?<=[/,.])/;

/**
 * A finished line of text as lines of at most `width` columns, broken between words and indented below its beginning.
 * A word longer than a line is broken after `/`, `,` and `.`, so a name stays readable; an address stays whole, so that a
 * terminal can open it.
 */
export function fitLine(line: string, width: number): string[] {
  const runs = splitStyled(line);
  const plain = runs.map(({ text }) => text).join('');
  if (columnsOf(plain) <= width) return [line];
  const [lead = '', blanks = '', symbol] = LEAD.exec(plain) ?? [];
  const indent = ' '.repeat(Math.min(symbol === undefined ? blanks.length + 2 : lead.length, width >> 1));
  return layOut(wordsOf(runs), width, indent).map(shown);
}

/** Words of pieces, each blank a word of its own. */
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
  /** Blanks that are put down only if something follows them on the line. */
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

/** A word that is longer than a line, at the places where it may be broken. */
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
