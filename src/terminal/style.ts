import { terminalText } from './terminal-text.js';

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
export type Colour = keyof typeof CODES;

/** Colours a text, or returns it unchanged if the stream shows no colours. */
export type Style = (colour: Colour, text: string) => string;

/**
 * Returns the style for a stream: colours on a terminal, none elsewhere or if NO_COLOR (no-color.org) is set.
 * FORCE_COLOR enables colours in any case.
 */
export function styleFor(
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): Style {
  const forced = environment['FORCE_COLOR'];
  const on = environment['NO_COLOR']
    ? false
    : forced
      ? forced !== '0'
      : isTerminal && environment['TERM'] !== 'dumb';
  return (colour, text) => (on && text ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text);
}

export const RESET = '\u001b[0m';
const OWN_SEQUENCES = new RegExp(`\u001b\\[(?:0|${Object.values(CODES).join('|')})m`, 'g');

/**
 * Removes all control characters from a finished line except the sequences of `style`: the last guard before a
 * terminal.
 */
export function guarded(line: string, style: Style): string {
  if (style('bold', 'x') === 'x') return terminalText(line);
  const own = [...line.matchAll(OWN_SEQUENCES)].map(([sequence]) => sequence);
  return line
    .split(OWN_SEQUENCES)
    .map((part, i) => terminalText(part) + (own[i] ?? ''))
    .join('');
}

/**
 * Splits a finished line into runs of text, each with the `styleFor` sequence that starts its style (empty if it has
 * none).
 */
export function splitStyled(line: string): { readonly text: string; readonly open: string }[] {
  const sequences = [...line.matchAll(OWN_SEQUENCES)].map(([sequence]) => sequence);
  const opens = ['', ...sequences.map((sequence) => (sequence === RESET ? '' : sequence))];
  return line
    .split(OWN_SEQUENCES)
    .map((text, i) => ({ text, open: opens[i] ?? '' }))
    .filter(({ text }) => text !== '');
}
