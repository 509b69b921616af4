import { MASK, maskSecrets } from '../../model/secret/mask-secrets.js';
import { shellWord } from '../../model/value/shell-word.js';

/** Longest text of a command that is kept, in characters. */
const MAX_COMMAND = 16 * 1024;
/** A word with its secrets masked: those in itself, or all of it where the flag before calls it secret. */
function maskWord(word: string, flag: string | undefined): string {
  const masked = maskSecrets(word);
  if (masked !== word || !flag?.startsWith('-') || flag.includes('=')) return masked;
  // Blanks and quotes within the word would end the value that is judged.
  const pair = `${flag} ${word.replace(/["'`\\\s]/g, '_')}`;
  return maskSecrets(pair) === pair ? word : MASK;
}

/** A command as one would type it, for an event: each secret masked, a very long one cut. */
export function commandText(command: readonly string[]): string {
  // Word by word first, for the marks of quoting hide where a value ends.
  const words = command.map((word, i) => maskWord(word, command[i - 1]));
  const text = words.map(shellWord).join(' ');
  return maskSecrets(text.length > MAX_COMMAND ? `${text.slice(0, MAX_COMMAND)}…` : text);
}
