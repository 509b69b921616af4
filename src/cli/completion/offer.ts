import { oneLine } from '../../terminal/terminal-text.js';

/** A completion for a word on the command line. */
export interface Offer {
  readonly value: string;
  readonly description: string;
}

/** The completions for the word being typed. */
export interface Offers {
  readonly list: readonly Offer[];
  /** Whether the user continues the same word, as with a value after `PATH=`. */
  readonly isPartial: boolean;
  /** Whether file names are offered if the list is empty. */
  readonly takesFiles: boolean;
}

export const NOTHING: Offers = { list: [], isPartial: false, takesFiles: false };

/** Maximum number of offers at once. */
const MAX_OFFERS = 500;

/**
 * Returns the offers that start with the typed text. Leaves out those with terminal control characters, which cannot be
 * typed.
 */
export function matching(typed: string, list: Iterable<Offer>): Offer[] {
  const found: Offer[] = [];
  for (const { value, description } of list) {
    if (!value.startsWith(typed) || oneLine(value) !== value) continue;
    found.push({ value, description: oneLine(description) });
    if (found.length === MAX_OFFERS) break;
  }
  return found;
}

/** Bits of the directive that ends the completion output of cobra programs; kubectl reads it from its plugins. */
const NO_SPACE = 2;
const NO_FILES = 4;

/** Formats offers as cobra programs do: a line with value, tab and description each, and the directive last. */
export function cobraLines({ list, isPartial, takesFiles }: Offers): string[] {
  const directive = (isPartial ? NO_SPACE : 0) | (takesFiles ? 0 : NO_FILES);
  return [...list.map(({ value, description }) => `${value}\t${description}`), `:${directive}`];
}
