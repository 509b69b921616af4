import { UsageError } from '../../errors.js';
import { isMap, textFault, type Value } from '../value/value.js';

/** A place in a state document: keys of maps and indexes of lists, outermost first. */
export type StatePath = readonly (string | number)[];

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const INDEX = /^(0|[1-9][0-9]{0,5})$/;
const MAX_LENGTH = 1024;
const MAX_PARTS = 32;

function bad(text: string, why: string): UsageError {
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
  return new UsageError(`${shown} is not a state path: ${why}`, {
    suggestions: ['Separate keys by dots and quote odd ones: deployment.vm_states."a.b".state'],
  });
}

/** Reads the JSON-quoted key at `start`; returns it and the offset after it. */
function quotedKey(text: string, start: number): [string, number] {
  let end = start + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  if (end >= text.length) throw bad(text, 'a quote is not closed');
  try {
    return [JSON.parse(text.slice(start, end + 1)) as string, end + 1];
  } catch {
    throw bad(text, 'a quoted key is not a JSON string');
  }
}

/**
 * Parses `deployment.phases.create_vms.status`; odd keys are quoted as JSON strings, lists take an index.
 * A bare number is an index in a list and a key in a map: `resolve` decides.
 * Throws UsageError for an empty key, an open quote or more than 32 parts.
 */
export function parseStatePath(text: string): StatePath {
  if (text.length > MAX_LENGTH) throw bad(text, `it is longer than ${MAX_LENGTH} characters`);
  const parts: (string | number)[] = [];
  let at = 0;
  for (;;) {
    let key: string | number;
    if (text[at] === '"') {
      [key, at] = quotedKey(text, at);
      const fault = textFault(key);
      if (fault) throw bad(text, `a key ${fault}`);
    } else {
      let end = at;
      while (end < text.length && text[end] !== '.') end++;
      const plain = text.slice(at, end);
      if (plain === '') throw bad(text, 'a key is empty');
      if (/["\s\u0000-\u001f\u007f]/.test(plain))
        throw bad(text, 'a key with quotes, blanks or control characters is quoted');
      key = INDEX.test(plain) ? Number(plain) : plain;
      at = end;
    }
    parts.push(key);
    if (parts.length > MAX_PARTS) throw bad(text, `it has more than ${MAX_PARTS} parts`);
    if (at >= text.length) return parts;
    if (text[at] !== '.') throw bad(text, 'a dot is missing behind a quoted key');
    at++;
  }
}

/** Formats a path as text that `parseStatePath` reads back. */
export function formatStatePath(path: StatePath): string {
  return path
    .map((part) => (typeof part === 'number' || PLAIN_KEY.test(part) ? String(part) : JSON.stringify(part)))
    .join('.');
}

/** The value at `path` in `root`; `{found: false}` if there is none, also below a scalar. */
export function lookUp(root: Value, path: StatePath): { found: boolean; value?: Value };
export function lookUp(root: unknown, path: StatePath): { found: boolean; value?: unknown };
export function lookUp(root: unknown, path: StatePath): { found: boolean; value?: unknown } {
  let at = root;
  for (const part of path) {
    if (Array.isArray(at) && typeof part === 'number' && part < at.length) at = at[part];
    else if (isMap(at) && Object.hasOwn(at, String(part))) at = at[String(part)];
    else return { found: false };
  }
  return { found: true, value: at };
}

/** Whether a text is a state path as `formatStatePath` writes it. */
export function isFormattedPath(text: string): boolean {
  try {
    return formatStatePath(parseStatePath(text)) === text;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

/** Whether a path is `prefix` or lies below it. */
export function beginsWith(path: StatePath, prefix: StatePath): boolean {
  return prefix.length <= path.length && prefix.every((part, i) => String(part) === String(path[i]));
}

/** Whether a change of this path can be recorded and read back. */
export function canBeNamed(path: StatePath): boolean {
  try {
    return parseStatePath(formatStatePath(path)).length === path.length;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}
