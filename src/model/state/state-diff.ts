import { isMap, sameValue, type Value, type ValueMap } from '../value/value.js';
import type { PlainEdit } from './edit.js';
import type { StatePath } from './state-path.js';

/** A difference between two states at one path; a side is missing if it has no value there. */
export interface Difference {
  readonly path: StatePath;
  readonly before?: Value;
  readonly after?: Value;
}

function* walk(before: unknown, after: unknown, path: StatePath): Generator<Difference> {
  if (sameValue(before, after)) return;
  const isEmpty = isMap(before) && isMap(after) && (isBare(before) || isBare(after));
  if (!isMap(before) || !isMap(after) || (isEmpty && path.length > 0)) {
    const [was, is] = [before, after] as [Value | undefined, Value | undefined];
    yield {
      path,
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is }),
    };
    return;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const side = (map: Record<string, unknown>) => (Object.hasOwn(map, key) ? map[key] : undefined);
    yield* walk(side(before), side(after), [...path, key]);
  }
}

function isBare(map: Record<string, unknown>): boolean {
  return Object.keys(map).length === 0;
}

/** The differences between `before` and `after`, key by key in mappings; a list that differs counts as a whole. */
export function stateDifferences(before: ValueMap, after: ValueMap): Difference[] {
  return [...walk(before, after, [])];
}

/** The edit that sets `path` to `after`, or removes it if `after` is undefined. */
export function editOf({ path, after }: { path: StatePath; after?: Value | undefined }): PlainEdit {
  return after === undefined ? { op: 'unset', path } : { op: 'set', path, value: after };
}
