import type { PlainEdit } from './edit.js';
import type { Precondition } from './operation.js';
import { canBeNamed, lookUp, type StatePath } from './state-path.js';
import { isMap, sameValue, type Value } from './value.js';

/** The leaves of `value` that stand otherwise at `path` in `data`, or not at all, each at the highest path that is missing. */
export function layOver(data: unknown, path: StatePath, value: Value): (PlainEdit & { op: 'set' })[] {
  const here = lookUp(data, path);
  if (here.found && isMap(here.value) && isMap(value)) {
    const entries = Object.entries(value);
    if (entries.every(([key]) => canBeNamed([...path, key])))
      return entries.flatMap(([key, item]) => layOver(data, [...path, key], item as Value));
  }
  return here.found && sameValue(here.value, value) ? [] : [{ op: 'set', path, value }];
}

/** Where in `data` stands what a precondition does not allow; null where it holds. Of two revisions it knows nothing. */
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
