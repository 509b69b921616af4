import { ConflictError } from '../../errors.js';
import { isMap, setOwn, type Value } from '../value/value.js';
import { formatStatePath, lookUp, type StatePath } from './state-path.js';

/** One intended change of a state document. */
export type Edit =
  | { readonly op: 'set'; readonly path: StatePath; readonly value: Value }
  /** Sets each value of a mapping by itself: values that others added stay. */
  | { readonly op: 'merge'; readonly path: StatePath; readonly value: Value }
  /** Removes the paths of this value, and mappings that become empty. */
  | { readonly op: 'unmerge'; readonly path: StatePath; readonly value: Value }
  | { readonly op: 'unset'; readonly path: StatePath };
/** An edit of exactly one path. */
export type PlainEdit = Exclude<Edit, { op: 'merge' | 'unmerge' }>;

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return isMap(value) ? 'a mapping' : 'a single value';
}

function blocked(path: StatePath, at: number, value: unknown): ConflictError {
  const here = formatStatePath(path.slice(0, at));
  return new ConflictError(`${here} is ${kindOf(value)}, so ${formatStatePath(path)} cannot be set in it`, {
    data: { path: here, expected: 'a mapping', actual: kindOf(value) },
    suggestions: [`Look at it with 'kgit get ${here}'; 'kgit unset ${here}' first if it is in the way`],
  });
}

/** A deep copy of a value whose maps and lists can be changed. */
export function mutable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mutable);
  if (!isMap(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) setOwn(copy, key, mutable(item));
  return copy;
}

function step(container: unknown, part: string | number): unknown {
  const { value } = lookUp(container, [part]);
  return value;
}

function put(container: unknown, path: StatePath, at: number, value: unknown): void {
  const part = path[at] as string | number;
  if (Array.isArray(container)) {
    if (typeof part !== 'number' || part > container.length) throw blocked(path, at, container);
    container[part] = value;
  } else if (isMap(container)) setOwn(container, String(part), value);
  else throw blocked(path, at, container);
}

/**
 * Sets `path` in `root`, in place; missing or null maps on the way are created.
 * Throws ConflictError if a scalar, or a list without that index, is in the way.
 */
export function setAt(root: Record<string, unknown>, path: StatePath, value: unknown): void {
  let container: unknown = root;
  for (let at = 0; at < path.length - 1; at++) {
    let next = step(container, path[at] as string | number);
    if (next === undefined || next === null) {
      next = {};
      put(container, path, at, next);
    }
    container = next;
  }
  put(container, path, path.length - 1, value);
}

/** Removes `path` from `root` in place: a key of a map, or an item of a list, whose later items move up. */
export function unsetAt(root: Record<string, unknown>, path: StatePath): void {
  const parent = lookUp(root, path.slice(0, -1)).value;
  const last = path.at(-1) as string | number;
  if (Array.isArray(parent) && typeof last === 'number') parent.splice(last, 1);
  else if (isMap(parent)) delete parent[String(last)];
}
