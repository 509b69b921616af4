/** Values of state documents: those that both the YAML 1.2 core schema and JSON can express. */
export type Scalar = string | number | boolean | null;
export type Value = Scalar | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value;
}

/** Maximum nesting depth of a value. */
export const MAX_DEPTH = 64;

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether `value` is a Value: no undefined, no NaN or infinity, no Date, no deeper than MAX_DEPTH. */
export function isValue(value: unknown, depth = 0): value is Value {
  if (depth > MAX_DEPTH) return false;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every((item) => isValue(item, depth + 1));
  if (!isMap(value)) return false;
  const proto = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== null) return false;
  return Object.values(value).every((item) => isValue(item, depth + 1));
}

/** Extra depth of a value inside a file: a change lies in an event, an event in a month. */
const DEPTH_IN_FILE = 8;
/** Maximum nesting depth of a file. */
export const MAX_FILE_DEPTH = MAX_DEPTH + DEPTH_IN_FILE;

/** As isValue, for a whole file: any accepted value fits into the file that holds it. */
export function isFileValue(value: unknown): value is Value {
  return isValue(value, -DEPTH_IN_FILE);
}

/** Longest key of a mapping, in characters: YAML readers need not look further for its colon. */
export const MAX_KEY = 1024;
// Spelled out: V8 looks up a property when it makes the expression, at the start of each command.
const HALF_A_CHARACTER = /[\ud800-\udfff]/u;

/** Why a file cannot hold a text unchanged; null if it can. */
export function textFault(text: string): string | null {
  return HALF_A_CHARACTER.test(text)
    ? 'holds half of a character (a lone surrogate such as \\ud800), which no UTF-8 text can hold: leave it out'
    : null;
}

/** Why a file cannot hold a key unchanged; null if it can. */
export function keyFault(key: string): string | null {
  return key.length > MAX_KEY
    ? `has a key of ${key.length} characters, and a key has ${MAX_KEY} at most: put long text into a value`
    : textFault(key);
}

/** Why a file cannot hold a value unchanged: the first fault of its texts and keys; null if there is none. */
export function valueFault(value: Value): string | null {
  if (typeof value === 'string') return textFault(value);
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) return firstFault(value, valueFault);
  return firstFault(Object.entries(value), ([key, item]) => keyFault(key) ?? valueFault(item));
}

function firstFault<T>(items: readonly T[], faultOf: (item: T) => string | null): string | null {
  for (const item of items) {
    const fault = faultOf(item);
    if (fault !== null) return fault;
  }
  return null;
}

/** Whether two values are equal, whatever the order of their keys. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (a === 0 && b === 0)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  }
  if (!isMap(a) || !isMap(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
  );
}

/** Sets an own key, even `__proto__`: outside data must never reach a prototype. */
export function setOwn(map: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
}
