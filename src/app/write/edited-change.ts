import { diffEdits } from '../../model/state/merge-state.js';
import { lookUp } from '../../model/state/state-path.js';
import type { ValueMap } from '../../model/value/value.js';
import { type Change, stillHas } from './change-state.js';
import type { GivenFields } from './write-events.js';

/** The change that turns `before` into `after`, path by path, as long as each path still is what it was. */
export function editedChange(before: ValueMap, after: ValueMap, fields: GivenFields): Change {
  const edits = diffEdits(before, after);
  return {
    fields: { ...fields, action: 'state_changed' },
    edits,
    preconditions: edits.map(({ path }) => stillHas(path, lookUp(before, path).value)),
    withdraw: true,
  };
}
