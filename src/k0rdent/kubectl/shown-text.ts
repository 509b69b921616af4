import { maskSecrets } from '../../model/secret/mask-secrets.js';
import { readString } from './read.js';
import { safeText } from './safe-text.js';

/** More than any message that people read; what follows is not even looked at. */
const MAX_READ = 4096;

/** A text of an object as it may be shown: one line, bounded, secrets masked; null where there is none. */
export function shownText(value: unknown): string | null {
  const text = readString(value);
  return text === null ? null : safeText(maskSecrets(text.slice(0, MAX_READ))) || null;
}
