import { formatTimestamp } from '../model/event.js';
import type { ClusterDeployment } from './cluster-deployment.js';
import { CLUSTER_STATES, type ClusterState, clusterStatus } from './cluster-state.js';
import type { Watchable } from './observation.js';
import { readTime } from './read.js';
import { type Transition, transition } from './transitions.js';
import type { SeenTransition } from './watch.js';

/** What observers last recorded of a cluster. */
export interface RecordedState {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Null: gone. */
  readonly state: ClusterState | null;
  /** RFC 3339: when it came to that. */
  readonly at: string;
  /** When its deletion was asked for, where that is recorded. */
  readonly deletionAt: string | null;
  /** Whether it was a dry run when that was recorded. */
  readonly dryRun: boolean;
}

/** What happened while nobody recorded. */
export interface Missed {
  /** What the objects prove, with their own times. */
  readonly transitions: readonly SeenTransition[];
  /** Clusters that are gone at a time that nobody knows, as NAMESPACE/NAME. */
  readonly gone: readonly string[];
}

/**
 * The last recorded states of a management cluster against the live ones. Of several transitions that nobody recorded
 * an object proves the last one; it is dated as one that was watched, so that it gets the same id. A cluster that was
 * made after the last record began as New; a deletion has the time at which it was asked for, where that is recorded.
 */
export function missedTransitions(
  recorded: readonly RecordedState[],
  watchable: Watchable,
  now: Date,
): Missed {
  if (watchable.match !== 'same' || recorded.length === 0) return { transitions: [], gone: [] };
  const { management, identity, lists } = watchable;
  const live = lists.flatMap(({ items }) => items.map(({ cluster }) => cluster));
  const known = new Map(recorded.map((one) => [placeOf(one), one]));
  const there = new Set(live.map(placeOf));
  const latest = Math.max(...recorded.map(({ at }) => readTime(at) ?? 0));
  const missing = recorded.filter(
    (one) => one.state !== null && !there.has(placeOf(one)) && isCovered(one, watchable),
  );
  const found = [
    ...live.flatMap((cluster) => missedOf(cluster, known.get(placeOf(cluster)), latest, now)),
    ...missing.flatMap((one) => ending(one) ?? []),
  ];
  return {
    transitions: found.map((one) => ({ management, identity, ...one })),
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

function missedOf(
  cluster: ClusterDeployment,
  recorded: RecordedState | undefined,
  latest: number,
  now: Date,
): Transition[] {
  const { state } = clusterStatus(cluster, now);
  if (recorded?.uid === cluster.uid) {
    if (recorded.state === null || recorded.state === state) return [];
    const found = transition(cluster, recorded.state, state);
    return isNewer(found, recorded) ? [found] : [];
  }
  const born = readTime(cluster.createdAt) ?? 0;
  if (born <= (recorded === undefined ? latest : (readTime(recorded.at) ?? 0))) return [];
  const begun = transition(cluster, null, 'New');
  const gone = recorded !== undefined && recorded.state !== null ? ending(recorded) : null;
  return [
    ...(gone === null ? [] : [gone]),
    ...(state === 'New' ? [begun] : [begun, transition(cluster, 'New', state)]),
  ];
}

/** What was recorded later than the list was read is no past of it; of one second the order of states decides, as in ids. */
function isNewer(found: Transition, recorded: RecordedState): boolean {
  const [at, before] = [readTime(found.at) ?? 0, readTime(recorded.at) ?? 0];
  const rank = (state: ClusterState | null) => CLUSTER_STATES.indexOf(state ?? 'New');
  return at > before || (at === before && rank(found.to) > rank(recorded.state));
}

/** The end of a cluster whose deletion was recorded; null where it is not. */
function ending({ namespace, name, uid, state, deletionAt, dryRun }: RecordedState): Transition | null {
  const at = readTime(deletionAt);
  if (at === null) return null;
  return { namespace, name, uid, from: state, to: null, at: formatTimestamp(at), cause: null, dryRun };
}
