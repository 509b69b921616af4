/**
 * Characters that some reader of YAML refuses, drops or takes for a line end where they stand for themselves: U+007F and
 * the C1 controls, the line and paragraph separators, byte order marks and U+FFFF. Those below U+0020 every writer escapes.
 */
const UNREADABLE = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/;
const ALL_UNREADABLE = new RegExp(UNREADABLE, 'g');

/** Whether a text can only be written in double quotes, with escapes, for every reader of YAML to read it. */
export function needsEscapes(text: string): boolean {
  return UNREADABLE.test(text);
}

/** A double-quoted YAML scalar with the characters that some reader refuses as escapes. */
export function escaped(quoted: string): string {
  return quoted.replace(
    ALL_UNREADABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`,
  );
}

/** A text as a double-quoted YAML scalar on one line. */
export function quotedText(text: string): string {
  return escaped(JSON.stringify(text));
}
