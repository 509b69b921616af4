import { formatTimestamp } from '../../model/event/event.js';
import type { ClusterDeployment } from '../cluster/cluster-deployment.js';
import { type ClusterState, clusterStatus, isDryRun } from '../cluster/cluster-state.js';
import { readTime } from '../kubectl/read.js';
import type { Watchable } from '../observe/observation.js';
import { failureTime, type Placed, placed, type TransitionTime, timeOf } from './transition-time.js';
import { type LastTransitions, type Transition, transition } from './transitions.js';
import type { SeenTransition } from './watch.js';

/** The last state of a cluster that observers recorded. */
export interface RecordedState {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Null: gone. */
  readonly state: ClusterState | null;
  /** When it reached that state, RFC 3339. */
  readonly at: string;
  /** Position among the transitions of the cluster, in ms since the epoch. */
  readonly position: number;
  /** When its deletion was requested; null if not recorded. */
  readonly deletionAt: string | null;
  /** Whether it was a dry run when the deletion request was recorded. */
  readonly dryRun: boolean;
}

/** Transitions that happened while nobody recorded. */
export interface Missed {
  /** Transitions that the objects prove, dated by the objects. */
  readonly transitions: readonly SeenTransition[];
  /** Clusters that disappeared at an unknown time, as NAMESPACE/NAME. */
  readonly gone: readonly string[];
  /** The newest transition of each cluster, whether recorded or found here. */
  readonly last: LastTransitions;
}

/**
 * Compares the last recorded states of a management cluster with the live ones. Of several unrecorded transitions an
 * object proves only the last one; it is dated as if it had been watched, so that it gets the same id. A cluster
 * created after the last record started as New; a deletion is dated by its request, if that is recorded.
 * @param recorded read after the live states, so it may include later changes
 * @param before read before the live states: if nobody has recorded a cluster since, a different state now is news,
 * even if the API does not date it
 */
export function missedTransitions(
  recorded: readonly RecordedState[],
  before: readonly RecordedState[],
  watchable: Watchable,
  now: Date,
): Missed {
  if (watchable.match !== 'same' || recorded.length === 0)
    return { transitions: [], gone: [], last: new Map() };
  const { management, lists } = watchable;
  const live = lists.flatMap(({ items }) => items.map(({ cluster }) => cluster));
  const known = new Map(recorded.map((one) => [placeOf(one), one]));
  const older = new Map(before.map((one) => [placeOf(one), one.position]));
  const there = new Set(live.map(placeOf));
  const latest = Math.max(...recorded.map(({ at }) => readTime(at) ?? 0));
  const missing = recorded.filter(
    (one) => one.state !== null && !there.has(placeOf(one)) && isCovered(one, watchable),
  );
  const missedHere = (cluster: ClusterDeployment) => {
    const one = known.get(placeOf(cluster));
    if (one?.uid !== cluster.uid) return lifeOf(cluster, one, latest, now);
    return changeSince(one, cluster, now, older.get(placeOf(one)) === one.position);
  };
  const found = [...live.flatMap(missedHere), ...missing.flatMap((one) => ending(one) ?? [])];
  return {
    last: new Map([
      ...recorded.map(
        ({ uid, state, at, position }) => [uid, { state, at: readTime(at) ?? 0, position }] as const,
      ),
      ...found.map(
        ({ uid, to, at, position }) => [uid ?? '', { state: to, at: Date.parse(at), position }] as const,
      ),
    ]),
    transitions: found.map((one) => ({ management, ...one })),
    gone: missing.filter((one) => ending(one) === null).map(placeOf),
  };
}

function placeOf({ namespace, name }: Pick<ClusterDeployment, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

function isCovered({ namespace, name }: RecordedState, { lists }: Watchable): boolean {
  return lists.some(
    (list) =>
      (list.namespace === null || list.namespace === namespace) &&
      (list.selection.fields === undefined || list.selection.fields === `metadata.name=${name}`),
  );
}

/** Finds the transitions of a cluster that is not the recorded one and may never have been recorded. */
function lifeOf(
  cluster: ClusterDeployment,
  recorded: RecordedState | undefined,
  latest: number,
  now: Date,
): Transition[] {
  const born = readTime(cluster.createdAt) ?? 0;
  if (born <= (recorded === undefined ? latest : (readTime(recorded.at) ?? 0))) return [];
  const gone = recorded !== undefined && recorded.state !== null ? ending(recorded) : null;
  const begun = transition(cluster, null, 'New', {
    ...placed(born, 'New', gone && placeIn(gone)),
    dated: 'api',
  });
  const { state } = clusterStatus(cluster, now);
  const change = state === 'New' ? null : lateTime(cluster, 'New', state, placeIn(begun), now, true);
  return [
    ...(gone === null ? [] : [gone]),
    begun,
    ...(change === null ? [] : [transition(cluster, 'New', state, change)]),
  ];
}

/**
 * Finds the change of a cluster since its last record.
 * @param isLast whether nobody has recorded anything else about it since before it was listed
 */
function changeSince(
  recorded: RecordedState,
  cluster: ClusterDeployment,
  now: Date,
  isLast: boolean,
): Transition[] {
  const { state } = clusterStatus(cluster, now);
  const from = recorded.state;
  if (from === null) return [];
  const since = readTime(recorded.at) ?? 0;
  const hasFailedAgain = from === state && state === 'ServicesFailed' && (failureTime(cluster) ?? 0) > since;
  if (from === state && !hasFailedAgain) return [];
  const previous = { at: since, position: recorded.position };
  const time = lateTime(cluster, from, state, previous, now, isLast);
  return time === null ? [] : [transition(cluster, from, state, time)];
}

/**
 * Dates a transition of which only the resulting state was seen. The object's own time counts if it is later than the
 * previous transition, or in the same second and for a later state. Null if nothing proves that it came after the
 * previous one.
 * @param isNews whether it certainly came after the previous one, whatever the object says
 */
function lateTime(
  cluster: ClusterDeployment,
  from: ClusterState,
  to: ClusterState,
  previous: Placed,
  now: Date,
  isNews: boolean,
): TransitionTime | null {
  const { writtenAt } = cluster;
  const own = timeOf(cluster, to);
  const isLater = own !== null && own >= previous.at && placed(own, to, null).position > previous.position;
  if (isLater && !(isTimeless(from, to) && isNews && writtenAt !== null))
    return { ...placed(own, to, previous), dated: 'api' };
  if (!isNews) return null;
  if (writtenAt !== null) return { ...placed(writtenAt, to, previous), dated: 'write' };
  return now.getTime() < previous.at
    ? null
    : { ...placed(now.getTime(), to, previous), dated: 'observation' };
}

/** Whether such a change moves no time in the object, so that any later time in it belongs to something else. */
function isTimeless(from: ClusterState, to: ClusterState): boolean {
  return (
    from === 'DeleteFailing' ||
    to === 'DeleteFailing' ||
    (isDryRun(from) && !isDryRun(to) && to !== 'Deleting')
  );
}

function placeIn({ at, position }: Transition): Placed {
  return { at: Date.parse(at), position };
}

/** Builds the end of a cluster whose deletion request was recorded; null if it was not. */
function ending(recorded: RecordedState): Transition | null {
  const { namespace, name, uid, state, at, position, deletionAt, dryRun } = recorded;
  const asked = readTime(deletionAt);
  if (asked === null) return null;
  const place = placed(asked, null, { at: readTime(at) ?? 0, position });
  return {
    namespace,
    name,
    uid,
    from: state,
    to: null,
    cause: null,
    dryRun,
    version: null,
    at: formatTimestamp(place.at),
    position: place.position,
    dated: place.at > asked ? 'previous' : 'api',
  };
}
