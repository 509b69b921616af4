import type { ClusterDeployment } from '../cluster/cluster-deployment.js';
import { CLUSTER_STATES, type ClusterState, failedSince } from '../cluster/cluster-state.js';
import { failedServices } from '../cluster/services.js';
import { readTime } from '../kubectl/read.js';

/**
 * Source of the time of a transition. `api`: the object gives it. `write`: the change moved no time in the object, so
 * it is the last write of the object (managedFields). `observation`: the API gives no time at all, so it is when an
 * observer saw it. `previous`: an unseen end, dated by the previous transition, which was later than the deletion
 * request.
 */
export type Dated = 'api' | 'write' | 'previous' | 'observation';

/** The time of a transition, and its position among the others of its cluster. */
export interface TransitionTime {
  /** ms since the epoch, never before the previous transition. */
  readonly at: number;
  readonly dated: Dated;
  /**
   * ms since the epoch: `at` plus the rank of the new state, because Kubernetes counts in seconds and a cluster may
   * pass through several states in one. Raised if it would not be after the previous transition.
   */
  readonly position: number;
}

/** Time and position of the previous transition. */
export type Placed = Pick<TransitionTime, 'at' | 'position'>;

/** Computes `at` and `position` of a transition to `to` that follows `previous`. */
export function placed(at: number, to: ClusterState | null, previous: Placed | null): Placed {
  const rank = to === null ? CLUSTER_STATES.length : CLUSTER_STATES.indexOf(to);
  const floor = previous === null ? 0 : previous.position + 1;
  return { at: Math.max(at, previous?.at ?? 0), position: Math.max(at + rank, floor) };
}

/** Input for the time of a transition. */
export interface Change {
  /** The object that shows the new state; for a deleted cluster, the last known one. */
  readonly cluster: ClusterDeployment;
  readonly to: ClusterState | null;
  /** The object as last seen before; null if it was not seen. */
  readonly before: ClusterDeployment | null;
  readonly previous: Placed | null;
  /** When the change was seen, in ms since the epoch. */
  readonly now: number;
}

/**
 * Dates a transition that was watched. A time in the object counts only if it moved with this change: a condition that
 * kept its time from an earlier change does not date this one.
 */
export function transitionTime({ cluster, to, before, previous, now }: Change): TransitionTime {
  const floor = previous?.at ?? 0;
  const give = (at: number, dated: Dated) => ({ ...placed(at, to, previous), dated });
  const seen = () =>
    cluster.writtenAt === null ? give(now, 'observation') : give(cluster.writtenAt, 'write');
  if (to === null) {
    const asked = readTime(cluster.deletionRequestedAt);
    if (asked === null) return give(now, 'observation');
    // The last write of a deleted object removes its last finalizer.
    return asked >= floor ? give(asked, 'api') : seen();
  }
  const fresh = freshTimes(cluster, before);
  const own = timeOf(cluster, to);
  const isOwnFresh = own !== null && (fresh.includes(own) || isOfTimeAlone(cluster, to, own));
  if (isOwnFresh && own >= floor) return give(own, 'api');
  const newest = Math.max(0, ...fresh);
  if (newest > 0 && newest >= floor) return give(newest, 'api');
  return seen();
}

/**
 * Whether a failure is due to elapsed time alone. It moves no time in the object: its time is when the limit for the
 * infrastructure was reached.
 */
function isOfTimeAlone(cluster: ClusterDeployment, to: ClusterState, own: number): boolean {
  return to === 'Failed' && own === failedSince(cluster);
}

/**
 * Returns when a cluster reached a state, from the object alone, so that all readers get the same; in ms since the
 * epoch, null if the object gives no time.
 */
export function timeOf(cluster: ClusterDeployment, to: ClusterState): number | null {
  const { conditions } = cluster;
  if (to === 'Deleting') return readTime(cluster.deletionRequestedAt);
  if (to === 'New') return readTime(cluster.createdAt);
  const timeOfCondition = (type: string) => conditions.get(type)?.lastTransition ?? 0;
  const ready = timeOfCondition('Ready');
  // Other conditions may change later without affecting the state.
  if (to === 'Ready' && ready > 0) return ready;
  const failure = to === 'ServicesFailed' ? failureTime(cluster) : null;
  if (failure !== null) {
    const others = ['HelmReleaseReady', 'CAPIClusterSummary'].map(timeOfCondition);
    return Math.max(failure, ...others);
  }
  const newest = Math.max(newestTime(cluster), (to === 'Failed' ? failedSince(cluster) : null) ?? 0);
  return newest === 0 ? readTime(cluster.createdAt) : newest;
}

/** Time of the latest failure of a service, in ms since the epoch; null if none failed or none has a time. */
export function failureTime({ services }: ClusterDeployment): number | null {
  return failedServices(services)[0]?.since ?? null;
}

/** Time of the last change of a cluster according to the object, in ms since the epoch; 0 if it gives none. */
export function changeOf(cluster: ClusterDeployment): number {
  const asked = readTime(cluster.deletionRequestedAt) ?? 0;
  return Math.max(newestTime(cluster), asked, cluster.writtenAt ?? 0);
}

/** Newest time of conditions and services. */
function newestTime(cluster: ClusterDeployment): number {
  return Math.max(0, ...statusTimes(cluster).map(([, time]) => time));
}

/** Lists the times of conditions and services, each with its source. */
function statusTimes({ conditions, services }: ClusterDeployment): [string, number][] {
  const known = services.shape === 'conditions' ? [...services.conditions.values()] : [];
  const reported = services.shape === 'services' ? services.services : [];
  return [
    ...[...conditions.values(), ...known].map(({ type, status, lastTransition }): [string, number] => [
      `${type} ${status}`,
      lastTransition ?? 0,
    ]),
    ...reported.map(({ namespace, name, state, since }): [string, number] => [
      `${namespace}/${name} ${state}`,
      since ?? 0,
    ]),
  ];
}

/** Lists the times in an object that were not in it before. */
function freshTimes(cluster: ClusterDeployment, before: ClusterDeployment | null): number[] {
  const timesOf = (one: ClusterDeployment) => {
    const [asked, created] = [one.deletionRequestedAt, one.createdAt].map(readTime);
    return [...statusTimes(one), ['deletion', asked ?? 0] as const, ['creation', created ?? 0] as const];
  };
  const known = new Set(before === null ? [] : timesOf(before).map((entry) => entry.join(' ')));
  return timesOf(cluster).flatMap((entry) => (known.has(entry.join(' ')) ? [] : entry[1]));
}
