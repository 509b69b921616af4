/** Checks of what callers pass in, who may write plain JavaScript. */
import { UsageError } from '../errors.js';
import type { EventFilter } from '../model/event/event-filter.js';
import type { Precondition } from '../model/operation/operation.js';
import type { Edit } from '../model/state/edit.js';
import { parseStatePath, type StatePath } from '../model/state/state-path.js';
import { isValue, type Value, valueFault } from '../model/value/value.js';
import type { ChangeOptions, LogOptions } from './types.js';

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
export function preconditions({ if: equal = {}, ifAbsent = [], ifRevision }: ChangeOptions): Precondition[] {
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

function timeOf(date: Date | undefined): number | undefined {
  const time = date?.getTime();
  if (time !== undefined && Number.isNaN(time)) throw new UsageError('the date is invalid');
  return time;
}

/** The event filter of `log`. Throws UsageError. */
export function eventFilter(options: LogOptions): EventFilter {
  const { actions = [], users = [], outcomes = [], phases = [], runs = [], grep = [] } = options;
  const [since, until] = [timeOf(options.since), timeOf(options.until)];
  return { since, until, actions, users, outcomes, phases, runs, grep };
}
