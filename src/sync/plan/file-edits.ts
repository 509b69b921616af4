import { mutable } from '../../model/state/edit.js';
import { lookUp, type StatePath } from '../../model/state/state-path.js';
import { isMap, sameValue, setOwn, type Value, type ValueMap } from '../../model/value/value.js';
import type { FileEdit } from '../../store/local/imported-files.js';

/** The edits that turn a file's `before` into `after`, by the file's own keys; mappings are compared key by key. */
export function fileEdits(before: unknown, after: unknown, path: StatePath = []): FileEdit[] {
  if (sameValue(before, after)) return [];
  if (after === undefined) return [{ path }];
  if (!isMap(before) || !isMap(after)) return [{ path, value: after as Value }];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    fileEdits(lookUp(before, [key]).value, lookUp(after, [key]).value, [...path, key]),
  );
}

/** Applies edits to a file's content; values that block a path are replaced. */
export function withEdits(held: ValueMap, edits: readonly FileEdit[]): ValueMap {
  let root = mutable(held) as Record<string, unknown>;
  for (const { path, value } of edits) {
    const key = path.at(-1);
    if (key === undefined) {
      root = mutable(isMap(value) ? value : {}) as Record<string, unknown>;
      continue;
    }
    const parent = mappingAt(root, path.slice(0, -1));
    if (value === undefined) delete parent[String(key)];
    else setOwn(parent, String(key), mutable(value));
  }
  return root as ValueMap;
}

function mappingAt(root: Record<string, unknown>, path: StatePath): Record<string, unknown> {
  let at = root;
  for (const key of path) {
    if (!isMap(lookUp(at, [key]).value)) setOwn(at, String(key), {});
    at = at[String(key)] as Record<string, unknown>;
  }
  return at;
}
