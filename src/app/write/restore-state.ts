import { findSecrets } from '../../model/secret/find-secrets.js';
import { MASK } from '../../model/secret/mask-secrets.js';
import { type Difference, editOf, stateDifferences } from '../../model/state/state-diff.js';
import { formatStatePath } from '../../model/state/state-path.js';
import type { Value } from '../../model/value/value.js';
import type { Unfolded } from '../../review/verify.js';
import { type Change, type ChangedDeployment, changeDeployment, stillHas } from './change-state.js';
import type { GivenFields } from './write-events.js';
import type { Writing } from './writing.js';

/** Most paths of a deployment that are shown before the question. */
const MAX_SHOWN = 50;

/** The change that brings a state back to what its events say. */
function restored({ state, recorded }: Unfolded): Omit<Change, 'fields'> {
  // A document that cannot be read is written as a whole; one that was mended meanwhile has these keys.
  const wanted: readonly Difference[] =
    state === null
      ? Object.entries(recorded).map(([key, after]) => ({ path: [key], after }))
      : stateDifferences(state, recorded);
  return {
    edits: wanted.map(editOf),
    preconditions: wanted.map(({ path, before }) => stillHas(path, before)),
    withdraw: true,
    ...(state === null ? { mendsBroken: true } : {}),
  };
}

/**
 * Restores states to what their events say, one operation each, if they are still as they were seen. Throws as
 * `changeState`.
 * @param fields message and reason of the events
 */
export async function restoreStates(
  writing: Writing,
  unfolded: readonly Unfolded[],
  fields: GivenFields,
): Promise<ChangedDeployment[]> {
  const done: ChangedDeployment[] = [];
  for (const one of unfolded) {
    const change = { ...restored(one), fields: { ...fields, action: 'state_restored' } };
    done.push(await changeDeployment(writing, one.id, change));
  }
  return done;
}

const shown = (value: Value | undefined, { path }: Difference) => {
  if (value === undefined) return 'nothing';
  return findSecrets(value, path).length > 0 ? MASK : JSON.stringify(value).slice(0, 100);
};

/** Describes how a state is brought back, one line per path, for the user to agree to. */
export function restoreLines({ id, state, recorded }: Unfolded): string[] {
  if (state === null) return [`deployment/${id}: state.yaml cannot be read; it is rewritten from its events`];
  const differences = stateDifferences(state, recorded);
  const more = differences.length - MAX_SHOWN;
  return [
    `deployment/${id}: its state.yaml is restored from its events`,
    ...differences
      .slice(0, MAX_SHOWN)
      .map((one) => `  ${formatStatePath(one.path)}: ${shown(one.before, one)} -> ${shown(one.after, one)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
