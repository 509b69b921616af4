import { InvalidStateError } from '../../errors.js';
import { leafChanges } from '../../model/state/leaf-changes.js';
import { parseState } from '../../model/state/state-document.js';
import { statePath } from '../../model/subject/layout.js';
import type { Value } from '../../model/value/value.js';
import { valueKey } from './layout.js';

/** The values of a state document; none if there is none, or nobody can read it. */
function valuesOf(text: string | null, file: string): Readonly<Record<string, Value>> {
  try {
    return text === null ? {} : parseState(text, file);
  } catch (error) {
    if (error instanceof InvalidStateError) return {};
    throw error;
  }
}

/** The puts below `state/` that a change of a deployment's state document makes, removals first. */
export function valuePuts(
  deployment: string,
  before: string | null,
  after: string | null,
): ReadonlyMap<string, string | null> {
  const file = statePath(deployment);
  const changes = leafChanges(valuesOf(before, file), valuesOf(after, file));
  return new Map(
    changes.map(({ path, value }) => [
      valueKey(deployment, path),
      typeof value === 'string' ? value : value === undefined ? null : JSON.stringify(value),
    ]),
  );
}
