import { editOf, stateDifferences } from '../../model/state/state-diff.js';
import type { ValueMap } from '../../model/value/value.js';
import { type Change, stillHas } from './change-state.js';
import type { GivenFields } from './write-events.js';

/** The change that turns `before` into `after`, path by path, as long as each path still is what it was. */
export function editedChange(before: ValueMap, after: ValueMap, fields: GivenFields): Change {
  const differences = stateDifferences(before, after);
  return {
    fields: { ...fields, action: 'state_changed' },
    edits: differences.map(editOf),
    preconditions: differences.map(({ path, before: value }) => stillHas(path, value)),
    withdraw: true,
  };
}
