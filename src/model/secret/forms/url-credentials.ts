import { isOpaque, isPlaceholder } from '../placeholder.js';
import type { SecretSpan } from '../span.js';

/** Ends at the next URL: otherwise a text of `://` would take quadratic time. */
const AUTHORITY = /(?:(?!:\/\/)[^\s"'`<>]){1,600}/y;

/** The position of the password if `rest` starts with `user:password@host`; also finds passwords with a raw `/`. */
function passwordStart(rest: string): { start: number; end: number } | undefined {
  const slash = rest.search(/[/?#]/);
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const colon = rest.indexOf(':');
  const at = authority.lastIndexOf('@');
  if (at > 0) return colon >= 0 && colon < at ? { start: colon + 1, end: at } : { start: 0, end: at };
  // `host:8080/path@2` has a port; `registry/image:1.0@sha256:` has a slash before the colon.
  const late = rest.lastIndexOf('@');
  if (colon <= 0 || colon > slash || late < slash || /^\d{1,5}(?:[/?#]|$)/.test(rest.slice(colon + 1)))
    return undefined;
  return { start: colon + 1, end: late };
}

/** Finds passwords, and tokens used as the user, in the URLs of a text: `https://user:X@host/`, `https://X@host/`. */
export function findUrlCredentials(text: string): SecretSpan[] {
  const spans: SecretSpan[] = [];
  for (let scheme = text.indexOf('://'); scheme >= 0; scheme = text.indexOf('://', scheme + 3)) {
    AUTHORITY.lastIndex = scheme + 3;
    const rest = AUTHORITY.exec(text)?.[0] ?? '';
    if (!rest.includes('@')) continue;
    const place = passwordStart(rest);
    if (!place) continue;
    const value = rest.slice(place.start, place.end);
    if (isPlaceholder(value) || (place.start === 0 && !isOpaque(value))) continue;
    const offset = scheme + 3;
    spans.push({
      start: offset + place.start,
      end: offset + place.end,
      rule: 'url-password',
      what: 'password in a URL',
    });
  }
  return spans;
}
