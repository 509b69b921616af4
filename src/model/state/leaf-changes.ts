import { isMap, sameValue, type Value } from '../value/value.js';
import type { StatePath } from './state-path.js';

/** A value of a state document that was set or removed: anything but a mapping with entries, which is its values. */
export interface LeafChange {
  readonly path: StatePath;
  /** Undefined if it was removed. */
  readonly value?: Value;
}

type Entries = Readonly<Record<string, Value>>;

/** The values that differ between two documents, removals first. */
export function leafChanges(before: Entries, after: Entries): LeafChange[] {
  const removed: LeafChange[] = [];
  const set: LeafChange[] = [];
  compareEntries(before, after, []);
  return [...removed, ...set];

  function compare(old: Value | undefined, now: Value | undefined, path: StatePath): void {
    const [olds, nows] = [entriesOf(old), entriesOf(now)];
    if (old !== undefined && olds === null && (nows !== null || now === undefined)) removed.push({ path });
    if (now !== undefined && nows === null && (olds !== null || old === undefined || !sameValue(old, now)))
      set.push({ path, value: now });
    compareEntries(olds ?? {}, nows ?? {}, path);
  }

  function compareEntries(olds: Entries, nows: Entries, path: StatePath): void {
    for (const key of new Set([...Object.keys(olds), ...Object.keys(nows)]))
      compare(valueAt(olds, key), valueAt(nows, key), [...path, key]);
  }
}

/** The entries of a mapping that has some; null for a leaf. */
function entriesOf(value: Value | undefined): Entries | null {
  return isMap(value) && Object.keys(value).length > 0 ? value : null;
}

function valueAt(entries: Entries, key: string): Value | undefined {
  return Object.hasOwn(entries, key) ? entries[key] : undefined;
}
