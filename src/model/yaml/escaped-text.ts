/**
 * Characters that some YAML reader refuses, drops or takes for a line break if they are not escaped: U+007F and the C1
 * controls, the line and paragraph separators, byte order marks and U+FFFF. All writers escape those below U+0020.
 */
const UNREADABLE = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/;
const ALL_UNREADABLE = new RegExp(UNREADABLE, 'g');

/** Whether every YAML reader can read a text only in double quotes, with escapes. */
export function needsEscapes(text: string): boolean {
  return UNREADABLE.test(text);
}

/** Escapes, in a double-quoted YAML scalar, the characters that some reader refuses. */
export function escaped(quoted: string): string {
  return quoted.replace(
    ALL_UNREADABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`,
  );
}

/** A value as JSON that every YAML reader reads back unchanged. */
export function escapedJson(value: unknown): string {
  return escaped(JSON.stringify(value));
}
