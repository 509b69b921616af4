import type { StateChange } from '../model/operation/operation.js';
import { findSecrets } from '../model/secret/find-secrets.js';
import { MASK } from '../model/secret/mask-secrets.js';
import { type Difference, editOf, stateDifferences } from '../model/state/state-diff.js';
import { formatStatePath } from '../model/state/state-path.js';
import type { Value } from '../model/value/value.js';
import type { Unfolded } from '../review/verify.js';

/** So many paths of a deployment are shown before the question. */
const MAX_SHOWN = 50;

/** What a state is brought back to: by its events, and only while it still is what was seen. */
export function restoredState({ id, state, recorded }: Unfolded): Omit<StateChange, 'event'> {
  const differences = stateDifferences(state ?? {}, recorded);
  // Of a document that cannot be read, all is written; one that was mended meanwhile has these keys.
  const wanted: readonly Difference[] =
    state === null ? Object.entries(recorded).map(([key, after]) => ({ path: [key], after })) : differences;
  const isImplied = true;
  return {
    deployment: id,
    edits: wanted.map(editOf),
    preconditions: wanted.map(({ path, before }) =>
      before === undefined
        ? { check: 'absent', path, isImplied }
        : { check: 'equals', path, value: before, isImplied },
    ),
    ...(state === null ? { mendsBroken: true } : {}),
  };
}

const shown = (value: Value | undefined, { path }: Difference) => {
  if (value === undefined) return 'nothing';
  return findSecrets(value, path).length > 0 ? MASK : JSON.stringify(value).slice(0, 100);
};

/** What a person is shown before a state is brought back, one line for each path. */
export function restoreLines({ id, state, recorded }: Unfolded): string[] {
  if (state === null)
    return [`deployment/${id}: state.yaml cannot be read; it is written anew as its events say`];
  const differences = stateDifferences(state, recorded);
  const more = differences.length - MAX_SHOWN;
  return [
    `deployment/${id}: its state.yaml is brought back to what its events say`,
    ...differences
      .slice(0, MAX_SHOWN)
      .map((one) => `  ${formatStatePath(one.path)}: ${shown(one.before, one)} -> ${shown(one.after, one)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
