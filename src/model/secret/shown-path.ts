import { maskSecrets } from './mask-secrets.js';

/** Keys of a path into a document: names of mappings and indexes of lists. */
export type Keys = readonly (string | number)[];

const MAX_KEY = 80;
/** Control and bidirectional characters that JSON leaves raw. */
const INVISIBLE = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function shownKey(key: string | number): string {
  if (typeof key === 'number') return String(key);
  const masked = maskSecrets(key);
  const short = masked.length > MAX_KEY ? `${masked.slice(0, MAX_KEY)}…` : masked;
  if (/^[\w*-]+$/.test(short)) return short;
  return JSON.stringify(short).replace(
    INVISIBLE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Formats a path for messages: dotted, unusual keys quoted, secret keys masked, no raw control characters. */
export function shownPath(keys: Keys): string {
  return keys.map(shownKey).join('.');
}
