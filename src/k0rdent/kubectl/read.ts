/** Lenient readers for objects from an API server: a wrong type counts as missing, so that no odd object breaks a list. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** `value` if it is a mapping, else an empty one. */
export function readObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** `value` if it is a list, else an empty one. */
export function readArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** `value` if it is a non-empty string, else null. */
export function readString(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** `value` if it is a finite number, else null. */
export function readNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** `value` as ms since the epoch; null if it is not an RFC 3339 time. */
export function readTime(value: unknown): number | null {
  const time = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** Removes managedFields and the last-applied annotation, which can be larger than the rest. */
export function withoutBallast(value: unknown): JsonObject {
  const object = readObject(value);
  const { managedFields: _, annotations, ...metadata } = readObject(object['metadata']);
  const kept = Object.entries(readObject(annotations)).filter(
    ([name]) => name !== 'kubectl.kubernetes.io/last-applied-configuration',
  );
  return { ...object, metadata: { ...metadata, annotations: Object.fromEntries(kept) } };
}
