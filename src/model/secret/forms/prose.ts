import { isAscii } from '../fold-text.js';
import { lazily } from '../lazily.js';
import { looksLikePassword } from '../placeholder.js';
import { otherPassword, PLAIN_PASSWORD } from '../secret-words.js';
import type { SecretSpan } from '../span.js';

const HINT = new RegExp(`pass|pwd|credential|login|account|${PLAIN_PASSWORD}`, 'i');
const anyHint = lazily(() => new RegExp(`${HINT.source}|${otherPassword()}`, 'i'));

/** `password is X`, `set the password of Y to X`; the value may be quoted. */
const says = (words: string) =>
  new RegExp(
    [
      `(?:pass(?:word|wd|phrase|code)|pwd|${words})`,
      '(?:[ \\t]{1,3}(?:of|for|on|von|de|del|fur)[ \\t]{1,3}[\\w. -]{1,60}?)?[ \\t]{1,3}',
      '(?:(?:is|was|to|now|ist|lautet|est|es|e|sera|becomes|changed to|set to)[ \\t]{1,3}){1,3}',
      '["\'`]?([^\\s"\'`]{1,256})',
    ].join(''),
    'gi',
  );
const plainSays = lazily(() => says(PLAIN_PASSWORD));
const anySays = lazily(() => says(`${PLAIN_PASSWORD}|${otherPassword()}`));
/** `login with admin / X`. */
const PAIR =
  /\b(?:login|log in|credentials?|creds|account)\b[^\n/]{0,40}?[ \t:][\w.@-]{2,40} \/ ([^\s/"']{5,64})(?=[\s"',;)]|$)/gi;

/** Finds passwords in sentences: words with digits, signs or capitals in the position of the password. */
export function findProse(text: string): SecretSpan[] {
  const isPlain = isAscii(text);
  if (!(isPlain ? HINT : anyHint()).test(text)) return [];
  const spans: SecretSpan[] = [];
  for (const pattern of [isPlain ? plainSays() : anySays(), PAIR]) {
    for (const match of text.matchAll(pattern)) {
      const value = (match[1] ?? '').replace(/[,;:.)\]]{1,3}$/, '');
      if (!looksLikePassword(value)) continue;
      const start = match.index + match[0].length - (match[1] ?? '').length;
      spans.push({ start, end: start + value.length, rule: 'prose', what: 'password in a sentence' });
    }
  }
  return spans;
}
