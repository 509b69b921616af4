import type { Precondition } from '../operation/operation.js';
import { isMap, sameValue, type Value } from '../value/value.js';
import type { Edit, PlainEdit } from './edit.js';
import { canBeNamed, lookUp, type StatePath } from './state-path.js';

/** The leaves of `value` that differ from `data` at `path`; a missing mapping counts as one leaf. */
export function layOver(data: unknown, path: StatePath, value: Value): (PlainEdit & { op: 'set' })[] {
  const here = lookUp(data, path);
  if (here.found && isMap(here.value) && isMap(value)) {
    const entries = Object.entries(value);
    if (entries.every(([key]) => canBeNamed([...path, key])))
      return entries.flatMap(([key, item]) => layOver(data, [...path, key], item as Value));
  }
  return here.found && sameValue(here.value, value) ? [] : [{ op: 'set', path, value }];
}

/** The paths of `value` that exist in `data` at `path`; a mapping that holds nothing else counts as one. */
function takeAway(data: unknown, path: StatePath, value: Value): (PlainEdit & { op: 'unset' })[] {
  const here = lookUp(data, path);
  if (!here.found) return [];
  const whole = [{ op: 'unset' as const, path }];
  if (!isMap(here.value) || !isMap(value)) return whole;
  const keys = Object.keys(here.value);
  if (!keys.every((key) => canBeNamed([...path, key]))) return whole;
  const parts = keys.map((key) =>
    Object.hasOwn(value, key) ? takeAway(data, [...path, key], value[key] as Value) : [],
  );
  const isAll = parts.every(([first]) => first?.path.length === path.length + 1);
  return isAll ? whole : parts.flat();
}

/** The plain edits that an edit amounts to on `data`. */
export function plainEdits(data: unknown, edit: Edit): PlainEdit[] {
  if (edit.op === 'merge') return layOver(data, edit.path, edit.value);
  return edit.op === 'unmerge' ? takeAway(data, edit.path, edit.value) : [edit];
}

/** The path in `data` that violates a precondition; null if it holds. `unchanged-since` is not checked here. */
export function obstacle(precondition: Precondition, data: unknown): StatePath | null {
  if (precondition.check === 'unchanged-since') return null;
  const { check, path } = precondition;
  if (check === 'lacks')
    return (
      layOver(data, path, precondition.value).find((edit) => lookUp(data, edit.path).found)?.path ?? null
    );
  const { found, value } = lookUp(data, path);
  const holds = check === 'absent' ? !found : found && sameValue(value, precondition.value);
  return holds ? null : path;
}
