/** Checks changes of state that a program gives as values, not as words of a command line. */
import { UsageError } from '../../errors.js';
import type { Edit } from '../state/edit.js';
import { parseStatePath, type StatePath } from '../state/state-path.js';
import { isValue, type Value, valueFault } from '../value/value.js';
import type { Precondition } from './operation.js';

/** The conditions of a change. */
export interface GivenConditions {
  /** Values that these paths must have, by path. */
  readonly if?: Readonly<Record<string, unknown>> | undefined;
  /** Paths that must not exist. */
  readonly ifAbsent?: readonly string[] | undefined;
  /** A revision since which the state must not have changed. */
  readonly ifRevision?: string | undefined;
}

function checkedValue(path: string, value: unknown): Value {
  const isKnown = isValue(value);
  const fault = isKnown ? valueFault(value) : null;
  if (fault !== null) throw new UsageError(`${path}: ${fault}`, { data: { path } });
  if (isKnown) return value;
  throw new UsageError(
    `${path}: the value is neither text, finite number, truth value, null, list nor mapping`,
    {
      suggestions: ["Give what YAML can say; 'unset' takes a path out"],
      data: { path },
    },
  );
}

/** The edits that set `values` by path. Throws UsageError. */
export function setEdits(values: Readonly<Record<string, unknown>>): Edit[] {
  const edits = Object.entries(values).map(([path, value]) => ({
    op: 'set' as const,
    path: parseStatePath(path),
    value: checkedValue(path, value),
  }));
  if (edits.length === 0) throw new UsageError('nothing to set');
  return edits;
}

/** The paths to be removed. Throws UsageError. */
export function unsetSteps(paths: readonly string[]): StatePath[] {
  if (paths.length === 0) throw new UsageError('nothing to unset');
  return paths.map(parseStatePath);
}

/** The conditions of a change of state. Throws UsageError. */
export function preconditions({
  if: equal = {},
  ifAbsent = [],
  ifRevision,
}: GivenConditions): Precondition[] {
  const equals = Object.entries(equal).map(([path, value]) => ({
    check: 'equals' as const,
    path: parseStatePath(path),
    value: checkedValue(path, value),
  }));
  const absent = ifAbsent.map((path) => ({ check: 'absent' as const, path: parseStatePath(path) }));
  const unchanged =
    ifRevision === undefined ? [] : [{ check: 'unchanged-since' as const, revision: ifRevision }];
  return [...equals, ...absent, ...unchanged];
}
