import { InvalidStateError } from '../errors.js';
import { parseEventPath } from '../model/subject/layout.js';
import { deployment } from '../model/subject/subject.js';
import { sameValue } from '../model/value/value.js';
import type { Backend } from '../store/port/backend.js';
import type { Revision, StateView } from '../store/port/state-store.js';
import { listDeployments, readState } from '../store/read/records.js';
import { directAdvice } from './advice.js';
import { type Counts, checkFiles, type FileCheck } from './check/check-files.js';
import { type CheckedHistory, checkHistory } from './check/check-history.js';
import { checkSignatures, type SignatureCheck } from './check/check-signatures.js';
import { tellDifferences } from './check/check-state-events.js';
import { type ChangeEvent, changeEvents } from './event-changes.js';
import { orderChanges, type State, stateAfter } from './order-changes.js';
import { toolsOf } from './review-tools.js';

/** What was checked. */
export interface Verified extends Counts {
  readonly deployments: number;
  readonly signatures: number;
  readonly history: CheckedHistory;
  readonly unfolded: readonly Unfolded[];
}

type Check = FileCheck & SignatureCheck;

/** Sorts change events into the order of the commits that added their files. */
async function byCommits(
  store: Backend,
  revision: Revision,
  id: string,
  events: readonly ChangeEvent[],
): Promise<ChangeEvent[]> {
  const places = new Map<string, number>();
  let place = 0;
  for await (const { added } of store.history.timeline(revision)) {
    place -= 1;
    for (const path of added) {
      const event = parseEventPath(path);
      if (event?.subject.kind === 'deployment' && event.subject.id === id) places.set(event.id, place);
    }
  }
  const placeOf = (event: ChangeEvent) => places.get(event.id) ?? place;
  return [...events].sort((a, b) => placeOf(a) - placeOf(b));
}

/** A deployment whose state differs from its events. */
export interface Unfolded {
  readonly id: string;
  /** The state in the document; null if it cannot be read. */
  readonly state: State | null;
  /** The state according to the events. */
  readonly recorded: State;
}

/**
 * The state of a deployment according to its events; null if one of them cannot be read, which is a finding of its own.
 */
async function recordedState(
  revision: Revision,
  id: string,
  state: State,
  store: Backend,
): Promise<State | null> {
  try {
    const events = await changeEvents(store.view(revision), id);
    const recorded = stateAfter({}, orderChanges(events, state));
    // Differing clocks may hide the order. The commits have it, but all of them must be read.
    if (sameValue(recorded, state)) return recorded;
    return stateAfter({}, await byCommits(store, revision, id, events));
  } catch (error) {
    if (error instanceof InvalidStateError) return null;
    throw error;
  }
}

/** The state document of a deployment; empty if there is none, null if it cannot be read. */
async function documentOf(view: StateView, id: string): Promise<State | null> {
  try {
    return (await readState(view, id)) ?? {};
  } catch (error) {
    // A broken document is a finding of its own.
    if (error instanceof InvalidStateError) return null;
    throw error;
  }
}

const RESTORE =
  'kgit verify --fix brings it back to what the events say. Where the change was meant, make it then with its event';

/** Returns what the events of a deployment make of its state, if its document says something else; null if it does not. */
export async function foldAt(revision: Revision, id: string, store: Backend): Promise<Unfolded | null> {
  const state = await documentOf(store.view(revision), id);
  const recorded = await recordedState(revision, id, state ?? {}, store);
  if (recorded === null || (state !== null && sameValue(recorded, state))) return null;
  return { id, state, recorded };
}

/** Checks that the events of a deployment add up to its state; returns the mismatch, or null if there is none. */
async function checkFold(
  revision: Revision,
  id: string,
  { review, store, findings }: Check,
): Promise<Unfolded | null> {
  const found = await foldAt(revision, id, store);
  const wayOut = { restore: RESTORE, isNew: false, lost: null, advice: directAdvice(toolsOf(review)) };
  if (found !== null && found.state !== null)
    await tellDifferences(store.view(revision), deployment(id), found.recorded, wayOut, findings);
  return found;
}

/**
 * Verifies a whole revision: every file; every state against its events; that no commit removed an event; that the
 * history contains the revision verified before; signatures, if kgit.yaml requires them.
 * @param trusted the revision that was verified before; null for none
 */
export async function verify(revision: Revision, trusted: Revision | null, check: Check): Promise<Verified> {
  const { review, store, findings } = check;
  const counts = await checkFiles(revision, check);
  const deployments = await listDeployments(store.view(revision));
  const unfolded: Unfolded[] = [];
  for (const id of deployments) {
    const found = await checkFold(revision, id, check);
    if (found !== null) unfolded.push(found);
  }
  const isKnown = trusted !== null && (await store.history.resolve(trusted)) !== null;
  const isKept = isKnown && (await review.isOnLine(trusted, revision));
  if (trusted !== null && !isKept) {
    const was = trusted.slice(0, 12);
    findings.add(
      'history-rewritten',
      null,
      `the history no longer contains ${was}, which was verified before`,
      {
        fix: isKnown
          ? `See what is missing: ${toolsOf(review).missing(trusted, revision)}. If it was intended: kgit verify --trust`
          : 'That revision no longer exists here. If that was intended: kgit verify --trust',
      },
    );
  }
  const history = await checkHistory(isKept ? trusted : null, revision, check);
  const signatures = await checkSignatures(isKept ? trusted : null, revision, check, findings);
  return { ...counts, deployments: deployments.length, signatures, history, unfolded };
}
