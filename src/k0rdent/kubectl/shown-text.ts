import { maskSecrets } from '../../model/secret/mask-secrets.js';
import { readString } from './read.js';
import { safeText } from './safe-text.js';

/** Longer than any useful message; the rest is ignored. */
const MAX_READ = 4096;

/** A text of an object for output: one bounded line, secrets masked; null if there is none. */
export function shownText(value: unknown): string | null {
  const text = readString(value);
  return text === null ? null : safeText(maskSecrets(text.slice(0, MAX_READ))) || null;
}
