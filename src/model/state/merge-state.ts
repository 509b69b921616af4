import { findSecrets } from '../secret/find-secrets.js';
import { MASK } from '../secret/mask-secrets.js';
import { isMap, sameValue, setOwn, type Value } from '../value/value.js';
import { formatStatePath, type StatePath } from './state-path.js';

/** A path that both sides changed differently; a side is missing if it has no value there. */
export interface StateConflict {
  readonly path: StatePath;
  readonly base?: Value;
  readonly ours?: Value;
  readonly theirs?: Value;
}

/** The result of a merge; at each conflict `data` has our value. */
export interface MergedData {
  readonly data: Record<string, Value>;
  readonly conflicts: readonly StateConflict[];
}

type Map = Readonly<Record<string, Value>>;

/** Stands for a missing value: documents never contain undefined. */
type Place = Value | undefined;

const at = (map: Map, key: string): Place => (Object.hasOwn(map, key) ? map[key] : undefined);
const same = (a: Place, b: Place) => (a === undefined || b === undefined ? a === b : sameValue(a, b));

function conflictOf(path: StatePath, base: Place, ours: Place, theirs: Place): StateConflict {
  return {
    path,
    ...(base === undefined ? {} : { base }),
    ...(ours === undefined ? {} : { ours }),
    ...(theirs === undefined ? {} : { theirs }),
  };
}

function mergePlace(
  path: StatePath,
  base: Place,
  ours: Place,
  theirs: Place,
  conflicts: StateConflict[],
): Place {
  if (same(ours, theirs) || same(base, theirs)) return ours;
  if (same(base, ours)) return theirs;
  if (isMap(ours) && isMap(theirs) && (base === undefined || isMap(base)))
    return mergeMaps(path, (base ?? {}) as Map, ours as Map, theirs as Map, conflicts);
  conflicts.push(conflictOf(path, base, ours, theirs));
  return ours;
}

function mergeMaps(path: StatePath, base: Map, ours: Map, theirs: Map, conflicts: StateConflict[]) {
  const merged: Record<string, Value> = {};
  for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    const value = mergePlace([...path, key], at(base, key), at(ours, key), at(theirs, key), conflicts);
    if (value !== undefined) setOwn(merged, key, value);
  }
  return merged;
}

/**
 * Merges two versions of a state document: mappings key by key, everything else, lists included, as a whole. A change on
 * one side is taken; different changes on both sides are a conflict.
 */
export function mergeData(base: Map, ours: Map, theirs: Map): MergedData {
  const conflicts: StateConflict[] = [];
  return { data: mergeMaps([], base, ours, theirs, conflicts), conflicts };
}

/** A conflict for output: path as text, secrets masked. */
export interface ShownConflict {
  readonly path: string;
  readonly base?: Value;
  readonly ours?: Value;
  readonly theirs?: Value;
}

/** A conflict for people and scripts. */
export function shownConflict({ path, ...sides }: StateConflict): ShownConflict {
  const shown = Object.entries(sides).map(([side, value]) => [
    side,
    findSecrets(value, path).length > 0 ? MASK : value,
  ]);
  return { path: formatStatePath(path), ...Object.fromEntries(shown) };
}
