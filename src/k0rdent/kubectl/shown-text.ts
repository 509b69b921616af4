import { maskSecrets } from '../../model/secret/mask-secrets.js';
import { readString } from './read.js';
import { safeText } from './safe-text.js';

/** Longer than any useful message; the rest is ignored. */
const MAX_READ = 4096;

/** Prepares text of an object for output: one line of bounded length, secrets masked; null if empty. */
export function shownText(value: unknown): string | null {
  const text = readString(value);
  return text === null ? null : safeText(maskSecrets(text.slice(0, MAX_READ))) || null;
}
