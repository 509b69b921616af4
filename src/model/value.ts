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

/** As isValue, of a whole file: what was accepted by itself is not too deep for the file that holds it. */
export function isFileValue(value: unknown): value is Value {
  return isValue(value, -DEPTH_IN_FILE);
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
