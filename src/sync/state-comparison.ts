import { UsageError } from '../errors.js';
import { type Edit, mutable, setAt } from '../model/edit.js';
import type { Precondition } from '../model/operation.js';
import { parseRfc3339 } from '../model/rfc3339.js';
import { formatStatePath, lookUp, parseStatePath, type StatePath } from '../model/state-path.js';
import { isMap, sameValue, type Value } from '../model/value.js';
import type { StateClaim } from './state-claims.js';

/** A value for a state path. */
export interface Placed {
  readonly path: StatePath;
  readonly value: Value;
}

/** A path for which file and repository hold different values. */
export interface Difference {
  readonly path: StatePath;
  readonly repository: Value;
  readonly file: Value;
}

/** How the state of a file stands to that of the repository, leaf by leaf. */
export interface StateComparison {
  /** Values that the repository lacks, each at the highest path that it lacks. */
  readonly absent: readonly Placed[];
  readonly unchanged: number;
  readonly differences: readonly Difference[];
}

/** The number of values in a value: a list, a scalar and an empty map count as one. */
export function countLeaves(value: Value): number {
  if (!isMap(value) || Object.keys(value).length === 0) return 1;
  return Object.values(value).reduce<number>((sum, item) => sum + countLeaves(item as Value), 0);
}

/** Whether a change of this path can be written down and read back. */
function canBeNamed(path: StatePath): boolean {
  try {
    return parseStatePath(formatStatePath(path)).length === path.length;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

/** Whether two maps are compared key by key: a key that no state path can name makes them one value. */
function isComparedByKey(path: StatePath, file: unknown, repository: unknown): file is Record<string, Value> {
  return isMap(file) && isMap(repository) && Object.keys(file).every((key) => canBeNamed([...path, key]));
}

/** One document of all values; those of several files for one map are merged. */
function treeOf(values: Iterable<Placed>): Record<string, Value> {
  const tree: Record<string, unknown> = {};
  const place = ({ path, value }: Placed): void => {
    if (isMap(value) && isMap(lookUp(tree, path).value)) {
      for (const [key, item] of Object.entries(value)) place({ path: [...path, key], value: item as Value });
    } else setAt(tree, path, mutable(value));
  };
  for (const value of values) place(value);
  return tree as Record<string, Value>;
}

/** Compares what a file claims with what the repository holds; a key that the file lacks says nothing. */
export function compareState(claims: readonly StateClaim[], repository: unknown): StateComparison {
  const absent: Placed[] = [];
  const differences: Difference[] = [];
  let unchanged = 0;
  const walk = (path: StatePath, file: Value, here: unknown): void => {
    if (isComparedByKey(path, file, here)) {
      if (path.length > 0 && Object.keys(file).length === 0) unchanged++;
      for (const [key, value] of Object.entries(file)) {
        const { found, value: there } = lookUp(here, [key]);
        if (found) walk([...path, key], value, there);
        else absent.push({ path: [...path, key], value });
      }
    } else if (sameValue(file, here)) unchanged += countLeaves(file);
    else differences.push({ path, repository: here as Value, file });
  };
  walk([], treeOf(claims), repository ?? {});
  return settleClocks({ absent, unchanged, differences });
}

function clockOf(value: Value): number | null {
  return typeof value === 'string' ? parseRfc3339(value) : null;
}

/**
 * Every event that the scripts log moves `last_updated`. Where nothing else differs it is no conflict: the
 * later time is taken.
 */
function settleClocks(comparison: StateComparison): StateComparison {
  const { absent, unchanged, differences } = comparison;
  const isClock = ({ path, repository, file }: Difference) =>
    path.at(-1) === 'last_updated' && clockOf(repository) !== null && clockOf(file) !== null;
  if (!differences.every(isClock)) return comparison;
  const later = differences.filter(
    ({ repository, file }) => (clockOf(file) ?? 0) > (clockOf(repository) ?? 0),
  );
  return {
    absent: [...absent, ...later.map(({ path, file }) => ({ path, value: file }))],
    unchanged: unchanged + differences.length - later.length,
    differences: [],
  };
}

/** Edits that write `values` into the repository's state, and what must still hold there when they do. */
export function editsFor(
  values: Iterable<Placed>,
  repository: unknown,
): { edits: Edit[]; preconditions: Precondition[] } {
  const edits: Edit[] = [];
  const preconditions: Precondition[] = [];
  const walk = (path: StatePath, value: Value, here: { found: boolean; value?: unknown }): void => {
    if (path.length === 0 || (here.found && isComparedByKey(path, value, here.value))) {
      for (const [key, item] of Object.entries(value as object)) {
        walk([...path, key], item as Value, lookUp(here.value, [key]));
      }
    } else if (!here.found || !sameValue(value, here.value)) {
      edits.push({ op: 'set', path, value });
      preconditions.push(
        here.found ? { check: 'equals', path, value: here.value as Value } : { check: 'absent', path },
      );
    }
  };
  walk([], treeOf(values), { found: true, value: repository ?? {} });
  return { edits, preconditions };
}
