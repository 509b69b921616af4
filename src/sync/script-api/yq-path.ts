import type { StatePath } from '../../model/state-path.js';

const PART = /\.?(?:"((?:[^"\\]|\\["\\])*)"|([A-Za-z0-9_-]+))|\[(?:"((?:[^"\\]|\\["\\])*)"|(\d{1,6}))\]/y;
const MAX_PARTS = 32;

/**
 * The path that a script names a value of its state files by: `a.b`, `."a.b".c`, `a[0]`, as yq reads it behind a
 * dot, so `.` in a name nests. Null for what is no plain path.
 */
export function parseYqPath(text: string): StatePath | null {
  const path: (string | number)[] = [];
  PART.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    PART.lastIndex = at;
    const match = PART.exec(text);
    if (!match || path.length === MAX_PARTS) return null;
    const [all, quoted, plain, bracketed, index] = match;
    // Two names need a dot between them.
    if (at > 0 && all[0] !== '.' && all[0] !== '[') return null;
    const key = plain ?? (quoted ?? bracketed)?.replace(/\\(["\\])/g, '$1');
    path.push(key ?? Number(index));
    at += all.length;
  }
  return path.length > 0 ? path : null;
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
