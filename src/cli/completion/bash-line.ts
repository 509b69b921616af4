import { clip, columnsOf } from '../../terminal/table.js';
import type { Offers } from './offer.js';

/** A command line as bash hands it over, up to the cursor. */
export interface BashLine {
  /** The words, without quotes and escapes; the last is the one that is being typed. */
  readonly words: readonly string[];
  /** The quote that is open at the cursor. */
  readonly quote: '' | "'" | '"';
  /** So many characters of the last word bash keeps; it replaces the rest. */
  readonly kept: number;
}

/**
 * Reads a command line as bash does, without running or expanding anything of it.
 * @param breaks COMP_WORDBREAKS: characters after which bash starts a new word when it completes
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

/** What bash takes as it stands, outside of quotes. */
const SPECIAL = /[^\p{L}\p{N}_@%+=:,./-]/gu;

/** A text as it is typed where this quote is open; null where it cannot be. */
function quoted(text: string, quote: BashLine['quote']): string | null {
  if (quote === "'") return text.replaceAll("'", `'\\''`);
  if (quote === '') return text.replace(SPECIAL, (character) => `\\${character}`).replace(/^~/, '\\~');
  // In double quotes bash's history takes `!` for its own, and a backslash before it stays.
  return text.includes('!') ? null : text.replace(/[\\"$`]/g, (character) => `\\${character}`);
}

/** Kinds of completion that put what is offered into the line one by one, by COMP_TYPE. */
const INSERTS = ['37', '42'];

/**
 * Offers for bash: first what bash is to do (`nospace`, `files`, or nothing), then what replaces the word. Where several are
 * listed each has its description beside it, within the width of the terminal.
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
