import { mutable, setAt } from '../../model/state/edit.js';
import { canBeNamed, lookUp, type StatePath } from '../../model/state/state-path.js';
import { isMap, type Value } from '../../model/value/value.js';

/** A value for a state path. */
export interface Placed {
  readonly path: StatePath;
  readonly value: Value;
}

/** Counts the values in a value: a list, a scalar or an empty map counts as one. */
export function countLeaves(value: Value): number {
  if (!isMap(value) || Object.keys(value).length === 0) return 1;
  return Object.values(value).reduce<number>((sum, item) => sum + countLeaves(item as Value), 0);
}

/** Whether to compare two maps key by key. With a key that no state path can express, they are compared as a whole. */
export function isComparedByKey(
  path: StatePath,
  file: unknown,
  repository: unknown,
): file is Record<string, Value> {
  return isMap(file) && isMap(repository) && Object.keys(file).every((key) => canBeNamed([...path, key]));
}

/** Builds one document of all values, merging maps at the same path. */
export function treeOf(values: Iterable<Placed>): Record<string, Value> {
  const tree: Record<string, unknown> = {};
  const place = ({ path, value }: Placed): void => {
    if (isMap(value) && isMap(lookUp(tree, path).value)) {
      for (const [key, item] of Object.entries(value)) place({ path: [...path, key], value: item as Value });
    } else setAt(tree, path, mutable(value));
  };
  for (const value of values) place(value);
  return tree as Record<string, Value>;
}
