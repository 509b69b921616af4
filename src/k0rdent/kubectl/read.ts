/** Lenient readers of what an API server sent: a wrong type reads as absent, so that no odd object can crash a list. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** `value` as a mapping; anything else reads as an empty one. */
export function readObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** `value` as a list; anything else reads as an empty one. */
export function readArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** `value` as a string that is not empty, else null. */
export function readString(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** `value` as a finite number, else null. */
export function readNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** `value` as a time in milliseconds since the epoch, null where it is no RFC 3339 time. */
export function readTime(value: unknown): number | null {
  const time = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** An object without its managedFields and last-applied annotation, which may dwarf the rest. */
export function withoutBallast(value: unknown): JsonObject {
  const object = readObject(value);
  const { managedFields: _, annotations, ...metadata } = readObject(object['metadata']);
  const kept = Object.entries(readObject(annotations)).filter(
    ([name]) => name !== 'kubectl.kubernetes.io/last-applied-configuration',
  );
  return { ...object, metadata: { ...metadata, annotations: Object.fromEntries(kept) } };
}
