import type { StatePath } from '../../model/state/state-path.js';

/** `.name`, `."name"`, `["any name"]`, `[0]`, as yq 4.44 reads them; `*` and `?` in a name are patterns to it. */
const PART = /\."([^ "*?]+)"|\.([^ ;}{:[\],|.()=\n!*?]+)|\.?\["((?:[^"\\]|\\.)*)"\]|\.?\[(-?\d{1,6})\]/y;
const MAX_PARTS = 32;

/**
 * The path that a script names a value of its state files by: yq reads it behind a dot, so `.` in a name nests, and a
 * name with a blank in it stands in brackets. The empty path is the whole document. Null for what is no plain path.
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
    // It would be replaced by the value of an expression.
    if (bracketed?.includes('\\(')) return null;
    path.push(wrapped ?? plain ?? (bracketed === undefined ? Number(index) : unescapeYq(bracketed)));
  }
  return path;
}

/** A value as yq reads it between double quotes, where the scripts put it. */
export function unescapeYq(text: string): string {
  return text.replace(/\\([\\"n])/g, (_all, letter: string) => (letter === 'n' ? '\n' : letter));
}

/** The value that `update_state` makes of an argument: true and false are truth values, `{}` a mapping, the rest text. */
export function typedValue(text: string): string | boolean | Record<string, never> {
  if (text === 'true' || text === 'false') return text === 'true';
  return text === '{}' ? {} : unescapeYq(text);
}

/** A path that something can be set at; null for every other text. */
export function parseYqTarget(text: string): StatePath | null {
  const path = parseYqPath(text);
  return path === null || path.length === 0 ? null : path;
}
