import { columnsOf } from '../../terminal/columns.js';
import { clip } from '../../terminal/table.js';
import type { Offers } from './offer.js';

/** A command line from bash, up to the cursor. */
export interface BashLine {
  /** The words without quotes and escapes; the last one is being typed. */
  readonly words: readonly string[];
  /** The quote that is open at the cursor. */
  readonly quote: '' | "'" | '"';
  /** Number of characters of the last word that bash keeps; it replaces the rest. */
  readonly kept: number;
}

/**
 * Parses a command line by bash's rules, without running or expanding anything.
 * @param breaks COMP_WORDBREAKS: characters after which bash starts a new word for completion
 */
export function parseBashLine(line: string, breaks: string): BashLine {
  const words: string[] = [];
  let word: string | null = null;
  let quote: BashLine['quote'] = '';
  let kept = 0;
  for (let at = 0; at < line.length; at++) {
    const character = line[at] as string;
    const escapes = character === '\\' && quote !== "'";
    if (escapes) {
      at++;
      word = (word ?? '') + (line[at] ?? '');
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
      kept = word.length;
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
      kept = 0;
    } else {
      word = (word ?? '') + character;
      if (breaks.includes(character)) kept = word.length;
    }
  }
  return { words: [...words, word ?? ''], quote, kept };
}

/** Characters that need a backslash in bash outside quotes. */
const SPECIAL = /[^\p{L}\p{N}_@%+=:,./-]/gu;

/** Escapes a text for insertion inside the open quote; null if it cannot be written there. */
function quoted(text: string, quote: BashLine['quote']): string | null {
  if (quote === "'") return text.replaceAll("'", `'\\''`);
  if (quote === '') return text.replace(SPECIAL, (character) => `\\${character}`).replace(/^~/, '\\~');
  // In double quotes bash expands `!` from its history, and a backslash before it would stay in the text.
  return text.includes('!') ? null : text.replace(/[\\"$`]/g, (character) => `\\${character}`);
}

/** Values of COMP_TYPE for completions that insert the matches into the line. */
const INSERTS = ['37', '42'];

/**
 * Formats offers for bash: first an instruction (`nospace`, `files`, or nothing), then the replacements of the word. If
 * several are listed, each has its description beside it, within the width of the terminal.
 */
export function bashLines(offers: Offers, line: BashLine, type: string, columns: number): string[] {
  const { list, isPartial, takesFiles } = offers;
  const found = list.flatMap(({ value, description }) => {
    const text = quoted(value.slice(line.kept), line.quote);
    return text === null ? [] : { text, description };
  });
  const first = isPartial ? 'nospace' : takesFiles && found.length === 0 ? 'files' : '';
  const isPlain = found.length === 1 || INSERTS.includes(type);
  const wide = found.reduce((most, { text }) => Math.max(most, columnsOf(text)), 0);
  const room = columns - wide - 6;
  return [
    first,
    ...found.map(({ text, description }) => {
      if (isPlain || description === '' || room < 10) return text;
      return `${text}${' '.repeat(wide - columnsOf(text))}  (${clip(description, room)})`;
    }),
  ];
}
