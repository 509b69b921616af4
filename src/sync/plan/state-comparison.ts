import type { Precondition } from '../../model/operation/operation.js';
import type { Edit } from '../../model/state/edit.js';
import { canBeNamed, lookUp, type StatePath } from '../../model/state/state-path.js';
import { parseRfc3339 } from '../../model/value/rfc3339.js';
import { isMap, sameValue, type Value } from '../../model/value/value.js';
import { countLeaves, isComparedByKey, type Placed, treeOf } from '../parse/state-tree.js';

/** A path at which file and repository differ, and neither has the value last imported. */
export interface Difference {
  readonly path: StatePath;
  /** What was last imported; undefined if nothing was. */
  readonly base?: Value | undefined;
  /** Undefined if the path was removed there. */
  readonly repository: Value | undefined;
  readonly file: Value | undefined;
}

/** How a file's state compares with the repository's, leaf by leaf. */
export interface StateComparison {
  /** Values missing in the repository, each at the highest missing path. */
  readonly absent: readonly Placed[];
  /** Values that only the file has changed since it was last imported. */
  readonly taken: readonly Placed[];
  /** Paths that only the file has removed since then. */
  readonly removed: readonly StatePath[];
  /** Number of values that are equal, or that only the repository has changed. */
  readonly unchanged: number;
  readonly differences: readonly Difference[];
}

/** What was last imported from a file. */
export interface Base {
  readonly claims: readonly Placed[];
  /** Whether a path that is now missing in the file was removed from it. */
  readonly isGone: (path: StatePath) => boolean;
}

interface Side {
  readonly found: boolean;
  readonly value?: unknown;
}
const NOTHING: Side = { found: false };

class Comparison {
  readonly absent: Placed[] = [];
  readonly taken: Placed[] = [];
  readonly removed: StatePath[] = [];
  readonly differences: Difference[] = [];
  unchanged = 0;
  readonly #isGone: Base['isGone'];

  constructor(isGone: Base['isGone']) {
    this.#isGone = isGone;
  }

  /** Compares one path that the file has. */
  walk(path: StatePath, file: Value, here: Side, base: Side): void {
    if (!here.found) this.#missing(path, file, base);
    else if (isComparedByKey(path, file, here.value)) this.#keys(path, file, here.value, base);
    else if (sameValue(file, here.value)) this.unchanged += countLeaves(file);
    else if (base.found && sameValue(base.value, file)) this.unchanged += countLeaves(file);
    else if (base.found && sameValue(base.value, here.value)) this.taken.push({ path, value: file });
    else this.#differ(path, file, here, base);
  }

  #differ(path: StatePath, file: Value | undefined, here: Side, base: Side): void {
    this.differences.push({
      path,
      ...(base.found ? { base: base.value as Value } : {}),
      repository: here.found ? (here.value as Value) : undefined,
      file,
    });
  }

  #missing(path: StatePath, file: Value, base: Side): void {
    if (!base.found) this.absent.push({ path, value: file });
    else if (sameValue(base.value, file)) this.unchanged += countLeaves(file);
    else this.#differ(path, file, NOTHING, base);
  }

  #keys(path: StatePath, file: Record<string, Value>, here: unknown, base: Side): void {
    if (path.length > 0 && Object.keys(file).length === 0) this.unchanged++;
    const below = (side: unknown, key: string): Side => (isMap(side) ? lookUp(side, [key]) : NOTHING);
    for (const [key, value] of Object.entries(file))
      this.walk([...path, key], value, below(here, key), below(base.value, key));
    for (const key of Object.keys(isMap(base.value) ? base.value : {}))
      if (!Object.hasOwn(file, key)) this.#lost([...path, key], below(here, key), below(base.value, key));
  }

  /** Compares one path that was imported before and is no longer in the file. */
  #lost(path: StatePath, here: Side, base: Side): void {
    // The top-level maps belong to no file; each key below them does.
    if (path.length === 1 && isMap(here.value) && isMap(base.value)) {
      for (const key of Object.keys(base.value))
        this.#lost([...path, key], lookUp(here.value, [key]), lookUp(base.value, [key]));
      return;
    }
    if (!here.found || !canBeNamed(path) || !this.#isGone(path)) return;
    if (sameValue(here.value, base.value)) this.removed.push(path);
    else this.#differ(path, undefined, here, base);
  }
}

/**
 * Compares a file's claims with the repository and with what was last imported from the file. Without the latter, a key
 * missing in the file has no meaning.
 */
export function compareState(
  claims: readonly Placed[],
  repository: unknown,
  base: Base | null = null,
): StateComparison {
  const comparison = new Comparison(base?.isGone ?? (() => false));
  const before = base ? { found: true, value: treeOf(base.claims) } : NOTHING;
  comparison.walk([], treeOf(claims), { found: true, value: repository ?? {} }, before);
  const { absent, taken, removed, unchanged, differences } = comparison;
  return settleClocks({ absent, taken, removed, unchanged, differences });
}

function clockOf(value: Value | undefined): number | null {
  return typeof value === 'string' ? parseRfc3339(value) : null;
}

/** The scripts update `last_updated` with every event that they log. */
function isClock(path: StatePath): boolean {
  return path.at(-1) === 'last_updated';
}

function withoutClock(value: Value): Value {
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => !isClock([key])) as (readonly [string, Value])[],
  );
}

/** Resolves differences in timestamps alone: these are no conflict, and the later time is taken. */
function settleClocks(comparison: StateComparison): StateComparison {
  const { absent, unchanged, differences } = comparison;
  const isLater = ({ path, repository, file }: Difference) =>
    isClock(path) && clockOf(repository) !== null && clockOf(file) !== null;
  if (!differences.every(isLater)) return comparison;
  const later = differences.filter(
    ({ repository, file }) => (clockOf(file) ?? 0) > (clockOf(repository) ?? 0),
  );
  return {
    ...comparison,
    absent: [...absent, ...later.map(({ path, file }) => ({ path, value: file as Value }))],
    unchanged: unchanged + differences.length - later.length,
    differences: [],
  };
}

/** Makes the edits that write `values` to the repository's state and remove `removed`, and their preconditions. */
export function editsFor(
  values: Iterable<Placed>,
  repository: unknown,
  removed: readonly StatePath[] = [],
): { edits: Edit[]; preconditions: Precondition[] } {
  const edits: Edit[] = [];
  const preconditions: Precondition[] = [];
  const walk = (path: StatePath, value: Value, here: { found: boolean; value?: unknown }): void => {
    if (path.length === 0 || (here.found && isComparedByKey(path, value, here.value))) {
      for (const [key, item] of Object.entries(value as object)) {
        walk([...path, key], item as Value, lookUp(here.value, [key]));
      }
    } else if (!here.found) {
      // Merged, because others may publish more of the same mapping first.
      edits.push({ op: 'merge', path, value });
      if (!isClock(path)) preconditions.push({ check: 'lacks', path, value: withoutClock(value) });
    } else if (!sameValue(value, here.value)) {
      edits.push({ op: 'set', path, value });
      if (!isClock(path)) preconditions.push({ check: 'equals', path, value: here.value as Value });
    }
  };
  walk([], treeOf(values), { found: true, value: repository ?? {} });
  for (const path of removed) {
    edits.push({ op: 'unset', path });
    preconditions.push({ check: 'equals', path, value: lookUp(repository, path).value as Value });
  }
  return { edits, preconditions };
}
