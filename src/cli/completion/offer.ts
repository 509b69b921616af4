import { oneLine } from '../../terminal/terminal-text.js';

/** What a word on the command line may become. */
export interface Offer {
  readonly value: string;
  readonly description: string;
}

/** What is offered for the word that is being typed. */
export interface Offers {
  readonly list: readonly Offer[];
  /** Whether more of the word follows, as a value after `PATH=`. */
  readonly isPartial: boolean;
  /** Whether names of files are offered where the list is empty. */
  readonly takesFiles: boolean;
}

export const NOTHING: Offers = { list: [], isPartial: false, takesFiles: false };

/** Most that are offered at once. */
const MAX_OFFERS = 500;

/** The offers that begin with what is typed; those that a terminal would act on are left out, for they cannot be typed. */
export function matching(typed: string, list: Iterable<Offer>): Offer[] {
  const found: Offer[] = [];
  for (const { value, description } of list) {
    if (!value.startsWith(typed) || oneLine(value) !== value) continue;
    found.push({ value, description: oneLine(description) });
    if (found.length === MAX_OFFERS) break;
  }
  return found;
}

/** Bits of the directive by which programs made with cobra end what they offer; kubectl reads it of its plugins. */
const NO_SPACE = 2;
const NO_FILES = 4;

/** Offers as cobra's programs print them: a value, a tab and its description a line, and the directive last. */
export function cobraLines({ list, isPartial, takesFiles }: Offers): string[] {
  const directive = (isPartial ? NO_SPACE : 0) | (takesFiles ? 0 : NO_FILES);
  return [...list.map(({ value, description }) => `${value}\t${description}`), `:${directive}`];
}
