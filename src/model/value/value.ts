/** Values of the state document: what YAML 1.2 core holds and JSON can say. */
export type Scalar = string | number | boolean | null;
export type Value = Scalar | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value;
}

/** Deepest nesting of a value that is read or written. */
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

/** How much deeper a value may lie in a file than by itself: a change in its event, an event in its month. */
const DEPTH_IN_FILE = 8;
/** Deepest nesting of a whole file. */
export const MAX_FILE_DEPTH = MAX_DEPTH + DEPTH_IN_FILE;

/** As isValue, of a whole file: what was accepted by itself is not too deep for the file that holds it. */
export function isFileValue(value: unknown): value is Value {
  return isValue(value, -DEPTH_IN_FILE);
}

/** Longest key of a mapping, in characters: a reader of YAML need not look further for the mark behind it. */
export const MAX_KEY = 1024;
const HALF_A_CHARACTER = /\p{Surrogate}/u;

/** Why a text would not be in a file what it is here; null where it would. */
export function textFault(text: string): string | null {
  return HALF_A_CHARACTER.test(text)
    ? 'holds half of a character (a lone surrogate such as \\ud800), which no UTF-8 text can hold: leave it out'
    : null;
}

/** Why a key of a mapping would not be in a file what it is here; null where it would. */
export function keyFault(key: string): string | null {
  return key.length > MAX_KEY
    ? `has a key of ${key.length} characters, and a key has ${MAX_KEY} at most: put long text into a value`
    : textFault(key);
}

/** Why a value would not be in a file what it is here: the fault of the first of its texts and keys that has one. */
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

/** Equality of values; the order of keys does not matter, that of lists does. */
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

/** Sets an own key, `__proto__` included: data from outside may never reach a prototype. */
export function setOwn(map: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
}
