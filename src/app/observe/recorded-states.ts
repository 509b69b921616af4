import { CLUSTER_STATES, type ClusterState, isDryRun } from '../../k0rdent/cluster/cluster-state.js';
import type { Watchable } from '../../k0rdent/observe/observation.js';
import {
  type Missed,
  missedTransitions,
  type RecordedState,
} from '../../k0rdent/watch/missed-transitions.js';
import type { BrokenEvents } from '../../model/event/broken-events.js';
import type { KgitEvent } from '../../model/event/event.js';
import type { ClusterSubject } from '../../model/subject/subject.js';
import { ulidTime } from '../../model/value/ulid.js';
import { isMap } from '../../model/value/value.js';
import type { StateView } from '../../store/port/state-store.js';
import { listSubjects } from '../../store/read/records.js';
import { newestOf, readAll } from '../../store/read/stored-events.js';
import { OBSERVED } from './transition-events.js';

/** The fields that `transitionEvent` writes into an event. */
interface Observed {
  readonly uid: string;
  readonly from: ClusterState | null;
  readonly to: ClusterState | null;
}

/**
 * Reads the last recorded states of the clusters of a management cluster.
 * @param broken how to handle events that cannot be read
 */
async function recordedStates(
  view: StateView,
  management: string,
  broken: BrokenEvents,
): Promise<RecordedState[]> {
  const subjects = (await listSubjects(view, 'cluster')).filter(
    (subject): subject is ClusterSubject => subject.kind === 'cluster' && subject.management === management,
  );
  const states = await Promise.all(subjects.map((subject) => lastState(view, subject, broken)));
  return states.filter((state) => state !== null);
}

/**
 * Finds the transitions in `watchable` that nobody recorded, using the records read before and after it was listed.
 * @param isWanted selects the clusters to include
 * @param broken how to handle events that cannot be read
 */
export async function missedSince(
  views: { readonly before: StateView; readonly after: StateView },
  watchable: Watchable,
  isWanted: (cluster: RecordedState) => boolean,
  broken: BrokenEvents,
  now: Date,
): Promise<Missed> {
  const statesOf = async (view: StateView) =>
    (await recordedStates(view, watchable.management, broken)).filter(isWanted);
  const [before, after] = await Promise.all([statesOf(views.before), statesOf(views.after)]);
  return missedTransitions(after, before, watchable, now);
}

/** Reads the last recorded state of a cluster; for one being deleted, also when the deletion was requested. */
async function lastState(
  view: StateView,
  subject: ClusterSubject,
  broken: BrokenEvents,
): Promise<RecordedState | null> {
  const { namespace, name } = subject;
  let last: RecordedState | null = null;
  for await (const stored of newestOf(view, subject, OBSERVED, broken)) {
    const [event] = readAll([stored], broken);
    const seen = event ? readObserved(event) : null;
    if (!event || seen === null) continue;
    if (last !== null && seen.uid !== last.uid) return last;
    const state: RecordedState = last ?? {
      namespace,
      name,
      uid: seen.uid,
      state: seen.to,
      at: event.timestamp,
      position: ulidTime(event.id),
      deletionAt: null,
      dryRun: false,
    };
    const isDeletion = seen.to === 'Deleting' || seen.to === 'DeleteFailing';
    if (!isDeletion) return state;
    // A failed deletion returns to Deleting, so that event does not date the request.
    if (seen.to === 'Deleting' && seen.from !== 'DeleteFailing')
      return { ...state, deletionAt: event.timestamp, dryRun: isDryRun(seen.from) };
    last = state;
  }
  return last;
}

function readObserved({ context }: KgitEvent): Observed | null {
  const observed = isMap(context) && isMap(context['observed']) ? context['observed'] : {};
  const { uid, from, to } = observed;
  const isState = (value: unknown): value is ClusterState | null =>
    value === null || (CLUSTER_STATES as readonly unknown[]).includes(value);
  return typeof uid === 'string' && isState(from) && isState(to) ? { uid, from, to } : null;
}
