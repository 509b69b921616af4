import type { StatePath } from '../../model/state/state-path.js';

/** `.name`, `."name"`, `["any name"]`, `[0]`, as read by yq 4.44; in a name, `*` and `?` would be patterns. */
const PART = /\."([^ "*?]+)"|\.([^ ;}{:[\],|.()=\n!*?]+)|\.?\["((?:[^"\\]|\\.)*)"\]|\.?\[(-?\d{1,6})\]/y;
const MAX_PARTS = 32;

/**
 * Parses the path by which a script names a value in its state files. yq reads it after a dot, so a `.` in a name
 * nests, and a name with a blank is in brackets. The empty path is the whole document. Null for anything but a plain
 * path.
 */
export function parseYqPath(text: string): StatePath | null {
  const whole = `.${text.replace(/ +$/, '')}`;
  if (whole === '.') return [];
  const path: (string | number)[] = [];
  for (let at = 0; at < whole.length; at = PART.lastIndex) {
    PART.lastIndex = at;
    const match = PART.exec(whole);
    if (!match || path.length === MAX_PARTS) return null;
    const [, wrapped, plain, bracketed, index] = match;
    // yq would replace it with the value of an expression.
    if (bracketed?.includes('\\(')) return null;
    path.push(wrapped ?? plain ?? (bracketed === undefined ? Number(index) : unescapeYq(bracketed)));
  }
  return path;
}

/** Unescapes a value as yq does between double quotes, where the scripts put it. */
export function unescapeYq(text: string): string {
  return text.replace(/\\([\\"n])/g, (_all, letter: string) => (letter === 'n' ? '\n' : letter));
}

/**
 * The value that `update_state` makes from an argument: true and false are booleans, `{}` is a mapping, the rest is
 * text.
 */
export function typedValue(text: string): string | boolean | Record<string, never> {
  if (text === 'true' || text === 'false') return text === 'true';
  return text === '{}' ? {} : unescapeYq(text);
}

/** A path that can be set; null for any other text. */
export function parseYqTarget(text: string): StatePath | null {
  const path = parseYqPath(text);
  return path === null || path.length === 0 ? null : path;
}
