const MAX_LENGTH = 600;

/** C0 and C1 controls, line separators, and marks that reorder text on a terminal. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

const SECRETS: readonly [RegExp, string][] = [
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]+@/gi, '$1'],
  [/\b(bearer|basic)\s+[^\s"',;]+/gi, '$1 REDACTED'],
  [/\beyJ[\w-]+(\.[\w-]*){1,2}/g, 'REDACTED'],
  [/\b([\w-]*(?:token|password|secret))(["']?\s*[=:]\s*["']?)[^\s"'&,;]+/gi, '$1$2REDACTED'],
];

/**
 * Makes a program's output safe to print, as one line of at most 600 characters: controls become spaces, credentials
 * `REDACTED`.
 */
export function safeText(text: string): string {
  // Cut before the patterns run: they take a second for a megabyte.
  let safe = text
    .slice(0, 8 * MAX_LENGTH)
    .replace(UNSAFE, ' ')
    .trim();
  for (const [pattern, replacement] of SECRETS) safe = safe.replace(pattern, replacement);
  return safe.length > MAX_LENGTH ? `${safe.slice(0, MAX_LENGTH)}…` : safe;
}

/** `url` without user name, password, query and fragment; null if it is not a URL. */
export function safeUrl(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname.replace(/\/+$/, '')}`;
}
