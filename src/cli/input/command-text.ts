import { MASK, maskSecrets } from '../../model/secret/mask-secrets.js';
import { shellWord } from '../../model/value/shell-word.js';

/** Maximum length of a recorded command, in characters. */
const MAX_COMMAND = 16 * 1024;
/** Masks the secrets within a word, or all of the word if the flag before it marks it as secret. */
function maskWord(word: string, flag: string | undefined): string {
  const masked = maskSecrets(word);
  if (masked !== word || !flag?.startsWith('-') || flag.includes('=')) return masked;
  // Blanks and quotes in the word would end the value that is checked.
  const pair = `${flag} ${word.replace(/["'`\\\s]/g, '_')}`;
  return maskSecrets(pair) === pair ? word : MASK;
}

/** Formats a command for an event as it would be typed. Secrets are masked, and a very long command is cut. */
export function commandText(command: readonly string[]): string {
  // Masked word by word first, since quoting hides where a value ends.
  const words = command.map((word, i) => maskWord(word, command[i - 1]));
  const text = words.map(shellWord).join(' ');
  return maskSecrets(text.length > MAX_COMMAND ? `${text.slice(0, MAX_COMMAND)}…` : text);
}
