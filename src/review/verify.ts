import { InvalidStateError } from '../errors.js';
import { parseEventPath, statePath } from '../model/layout.js';
import { deployment } from '../model/subject.js';
import { sameValue } from '../model/value.js';
import { listDeployments } from '../store/records.js';
import type { Revision, StateStore } from '../store/state-store.js';
import { DIRECT } from './advice.js';
import { type Counts, checkFiles, type FileCheck } from './check-files.js';
import { type CheckedHistory, checkHistory } from './check-history.js';
import { checkSignatures } from './check-signatures.js';
import { checkStateEvents, tellDifferences } from './check-state-events.js';
import type { ChangeEvent } from './event-changes.js';
import { stateAfter } from './order-changes.js';
import { readHistory } from './state-history.js';

/** What was looked at. */
export interface Verified extends Counts {
  readonly deployments: number;
  readonly signatures: number;
  readonly history: CheckedHistory;
}

type Check = FileCheck & { readonly store: StateStore };

/** Change events in the order of the commits that added their files. */
async function byCommits(
  store: StateStore,
  revision: Revision,
  id: string,
  events: readonly ChangeEvent[],
): Promise<ChangeEvent[]> {
  const places = new Map<string, number>();
  let place = 0;
  for await (const { added } of store.timeline(revision)) {
    place -= 1;
    for (const path of added) {
      const event = parseEventPath(path);
      if (event?.subject.kind === 'deployment' && event.subject.id === id) places.set(event.id, place);
    }
  }
  const placeOf = (event: ChangeEvent) => places.get(event.id) ?? place;
  return [...events].sort((a, b) => placeOf(a) - placeOf(b));
}

/** Sees that the events of a deployment add up to its state. */
async function checkFold(revision: Revision, id: string, { store, findings }: Check): Promise<void> {
  const view = store.view(revision);
  try {
    const { state, events } = await readHistory(view, id);
    let recorded = stateAfter({}, events);
    // Clocks that differ may hide the order; the commits tell it, at the cost of reading all of them.
    if (!sameValue(recorded, state ?? {}))
      recorded = stateAfter({}, await byCommits(store, revision, id, events));
    if (sameValue(recorded, state ?? {})) return;
    const restore = `Bring ${statePath(id)} back to what the events say`;
    await tellDifferences(view, deployment(id), recorded, { restore, lost: null, advice: DIRECT }, findings);
  } catch (error) {
    // A file that cannot be read is a finding of its own.
    if (!(error instanceof InvalidStateError)) throw error;
  }
}

/** Sees that what changed of the states since comes with its events. */
async function checkStateSince(
  trusted: Revision,
  revision: Revision,
  { review, store, findings }: Check,
): Promise<void> {
  const older = { view: store.view(trusted), revision: trusted };
  const changes = await review.changes(trusted, revision);
  await checkStateEvents(older, store.view(revision), changes, DIRECT, findings);
}

/**
 * Verifies a revision as a whole: every file, every state against its events, that no commit took an event away, the
 * history against the revision that was verified before, signatures where kgit.yaml asks for them.
 * @param trusted the revision that was verified before; null for none
 */
export async function verify(revision: Revision, trusted: Revision | null, check: Check): Promise<Verified> {
  const { review, store, findings } = check;
  const counts = await checkFiles(revision, check);
  const deployments = await listDeployments(store.view(revision));
  for (const id of deployments) await checkFold(revision, id, check);
  const isKnown = trusted !== null && (await store.resolve(trusted)) !== null;
  const isKept = isKnown && (await review.isOnLine(trusted, revision));
  if (trusted !== null && !isKept) {
    const was = trusted.slice(0, 12);
    findings.add(
      'history-rewritten',
      null,
      `the history does not lead back to ${was}, which was verified before`,
      {
        fix: isKnown
          ? `See what is gone: git log ${revision.slice(0, 12)}..${was}. Where it was meant: kgit verify --trust`
          : 'That commit is not here any more. Where it was meant: kgit verify --trust',
      },
    );
  }
  const history = await checkHistory(isKept ? trusted : null, revision, check);
  if (isKept && trusted !== revision) await checkStateSince(trusted, revision, check);
  const signatures = await checkSignatures(isKept ? trusted : null, revision, check, findings);
  return { ...counts, deployments: deployments.length, signatures, history };
}
