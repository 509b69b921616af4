import { ConflictError, InvalidStateError } from '../../errors.js';
import type { Precondition } from '../../model/operation/operation.js';
import { proposedIf } from '../../model/operation/proposed-if.js';
import { checkPrecondition } from '../../model/state/apply.js';
import { eventPath } from '../../model/subject/layout.js';
import type { DeploymentSubject } from '../../model/subject/subject.js';
import { sameValue } from '../../model/value/value.js';
import type { Backend } from '../../store/port/backend.js';
import type { Revision } from '../../store/port/state-store.js';
import { readState } from '../../store/read/records.js';
import { newChangeEvents } from '../event-changes.js';
import type { Findings } from '../finding.js';
import { chained, type State, stateAfter } from '../order-changes.js';

const FIX = 'Close the proposal, look at what has changed, and propose anew what is still wanted';

/** Why a condition does not hold for a state; null if it does. */
async function faultOf(
  condition: Precondition,
  state: State,
  { id }: DeploymentSubject,
  store: Backend,
): Promise<string | null> {
  if (condition.check === 'unchanged-since') {
    const found = await store.history.resolve(condition.revision);
    // Only a full id counts: the meaning of a branch name or an abbreviation depends on time and place.
    const revision = found === condition.revision ? found : null;
    const asked = `the state of ${id} was to be unchanged since ${condition.revision.slice(0, 80)}`;
    if (revision === null) return `${asked}, which is not known here`;
    const then = (await readState(store.view(revision), id)) ?? {};
    return sameValue(then, state) ? null : `${asked}, and has changed`;
  }
  try {
    checkPrecondition(condition, state);
    return null;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    return `it was proposed on a condition that does not hold any more: ${error.message}`;
  }
}

/**
 * Checks that the conditions of a proposal hold where it is about to be merged: those of its first event for the
 * target's state, those of each later event for the state after the events before it.
 * @param target the tip that the proposal is to be merged into
 */
export async function checkPreconditions(
  target: Revision,
  revision: Revision,
  subjects: readonly DeploymentSubject[],
  store: Backend,
  findings: Findings,
): Promise<void> {
  const [older, newer] = [store.view(target), store.view(revision)];
  for (const subject of subjects) {
    try {
      let state: State = (await readState(older, subject.id)) ?? {};
      for (const event of chained(state, await newChangeEvents(older, newer, subject))) {
        const path = eventPath(subject, event);
        const conditions = proposedIf(event);
        if (conditions === null)
          findings.add('event-schema', path, 'proposed_if: is not a list of conditions');
        for (const condition of conditions ?? []) {
          const fault = await faultOf(condition, state, subject, store);
          if (fault !== null) findings.add('precondition', path, fault, { fix: FIX });
        }
        state = stateAfter(state, [event]);
      }
    } catch (error) {
      // An unreadable file is a finding of its own.
      if (!(error instanceof InvalidStateError)) throw error;
    }
  }
}
