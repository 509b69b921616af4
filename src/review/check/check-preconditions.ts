import { ConflictError, InvalidStateError, UsageError } from '../../errors.js';
import type { Precondition } from '../../model/operation/operation.js';
import { proposedIf } from '../../model/operation/proposed-if.js';
import { checkPrecondition } from '../../model/state/apply.js';
import { eventPath } from '../../model/subject/layout.js';
import type { DeploymentSubject } from '../../model/subject/subject.js';
import { sameValue } from '../../model/value/value.js';
import { checkSecretCondition } from '../../store/plan/secret-conditions.js';
import type { Backend } from '../../store/port/backend.js';
import type { Revision, StateView } from '../../store/port/state-store.js';
import { readState } from '../../store/read/records.js';
import { secretTexts } from '../../store/read/secret-files.js';
import { type ChangeEvent, newChangeEvents } from '../event-changes.js';
import type { Findings } from '../finding.js';
import { chained, type State, stateAfter } from '../order-changes.js';

const FIX = 'Close the proposal, look at what has changed, and propose anew what is still wanted';

/** The state of a deployment, and its secrets of the team. */
interface Moment {
  readonly state: State;
  /** Their encrypted documents by path; null for one that a change of the proposal writes. */
  readonly secrets: ReadonlyMap<string, string | null>;
}

async function momentOf(view: StateView, subject: DeploymentSubject): Promise<Moment> {
  return { state: (await readState(view, subject.id)) ?? {}, secrets: await secretTexts(view, subject) };
}

/** The moment after an event. */
function momentAfter({ state, secrets }: Moment, event: ChangeEvent): Moment {
  const changed = new Map(secrets);
  for (const { path, secret, removed } of event.changes) {
    if (removed) changed.delete(path);
    else if (secret) changed.set(path, null);
  }
  return { state: stateAfter(state, [event]), secrets: changed };
}

function isSame(one: Moment, other: Moment): boolean {
  const [some, others] = [one.secrets, other.secrets];
  return (
    sameValue(one.state, other.state) &&
    some.size === others.size &&
    [...some].every(([path, text]) => text !== null && others.get(path) === text)
  );
}

/** Why a condition does not hold at a moment; null if it does. */
async function faultOf(
  condition: Precondition,
  now: Moment,
  subject: DeploymentSubject,
  store: Backend,
): Promise<string | null> {
  const { id } = subject;
  if (condition.check === 'unchanged-since') {
    const found = await store.history.resolve(condition.revision);
    // Only a full id counts: the meaning of a branch name or an abbreviation depends on time and place.
    const revision = found === condition.revision ? found : null;
    const asked = `the state of ${id} was to be unchanged since ${condition.revision.slice(0, 80)}`;
    if (revision === null) return `${asked}, which is not known here`;
    const then = await momentOf(store.view(revision), subject);
    return isSame(now, then) ? null : `${asked}, and has changed`;
  }
  try {
    checkSecretCondition(condition, now.secrets.keys());
    checkPrecondition(condition, now.state);
    return null;
  } catch (error) {
    if (!(error instanceof ConflictError || error instanceof UsageError)) throw error;
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
      let now = await momentOf(older, subject);
      for (const event of chained(now.state, await newChangeEvents(older, newer, subject))) {
        const path = eventPath(subject, event);
        const conditions = proposedIf(event);
        if (conditions === null)
          findings.add('event-schema', path, 'proposed_if: is not a list of conditions');
        for (const condition of conditions ?? []) {
          const fault = await faultOf(condition, now, subject, store);
          if (fault !== null) findings.add('precondition', path, fault, { fix: FIX });
        }
        now = momentAfter(now, event);
      }
    } catch (error) {
      // An unreadable file is a finding of its own.
      if (!(error instanceof InvalidStateError)) throw error;
    }
  }
}
