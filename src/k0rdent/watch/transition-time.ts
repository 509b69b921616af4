import type { ClusterDeployment } from '../cluster/cluster-deployment.js';
import { CLUSTER_STATES, type ClusterState, failedSince } from '../cluster/cluster-state.js';
import { failedServices } from '../cluster/services.js';
import { readTime } from '../kubectl/read.js';

/**
 * Where the time of a transition comes from. `api`: the object says when. `write`: nothing in the object moved its time,
 * so it is when the object was last written (managedFields). `observation`: the API gives no time at all, so it is when
 * an observer saw it. `previous`: an end that nobody saw, after a transition that was later than the request for it.
 */
export type Dated = 'api' | 'write' | 'previous' | 'observation';

/** The time of a transition, and its place among the others of its cluster. */
export interface TransitionTime {
  /** ms since the epoch, never before the transition ahead of it. */
  readonly at: number;
  readonly dated: Dated;
  /**
   * ms since the epoch: `at` and the rank of the new state, for Kubernetes counts seconds and a cluster may go through
   * several states in one; more where that would not be after the transition ahead of it.
   */
  readonly position: number;
}

/** What is known of the transition ahead of another one. */
export type Placed = Pick<TransitionTime, 'at' | 'position'>;

/** `at` and `position` of a transition into `to` that follows `previous`. */
export function placed(at: number, to: ClusterState | null, previous: Placed | null): Placed {
  const rank = to === null ? CLUSTER_STATES.length : CLUSTER_STATES.indexOf(to);
  const floor = previous === null ? 0 : previous.position + 1;
  return { at: Math.max(at, previous?.at ?? 0), position: Math.max(at + rank, floor) };
}

/** What the time of a transition is worked out from. */
export interface Change {
  /** The object that shows the new state; of a cluster that is gone, the last one that is known. */
  readonly cluster: ClusterDeployment;
  readonly to: ClusterState | null;
  /** The object as it was seen before; null where it was not. */
  readonly before: ClusterDeployment | null;
  readonly previous: Placed | null;
  /** When it is seen, ms since the epoch. */
  readonly now: number;
}

/**
 * The time of a transition that was watched. A time in the object counts only where it moved with this change: what a
 * condition kept from an earlier change is not when this one was.
 */
export function transitionTime({ cluster, to, before, previous, now }: Change): TransitionTime {
  const floor = previous?.at ?? 0;
  const give = (at: number, dated: Dated) => ({ ...placed(at, to, previous), dated });
  const seen = () =>
    cluster.writtenAt === null ? give(now, 'observation') : give(cluster.writtenAt, 'write');
  if (to === null) {
    const asked = readTime(cluster.deletionRequestedAt);
    if (asked === null) return give(now, 'observation');
    // Its last write took the last finalizer away.
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

/** A failure by time alone moves no time in the object: it is when the patience with its infrastructure ended. */
function isOfTimeAlone(cluster: ClusterDeployment, to: ClusterState, own: number): boolean {
  return to === 'Failed' && own === failedSince(cluster);
}

/**
 * When a cluster came to a state, as the object alone says, so that whoever reads it gets the same; ms since the epoch,
 * null where it says nothing.
 */
export function timeOf(cluster: ClusterDeployment, to: ClusterState): number | null {
  const { conditions } = cluster;
  if (to === 'Deleting') return readTime(cluster.deletionRequestedAt);
  if (to === 'New') return readTime(cluster.createdAt);
  const timeOfCondition = (type: string) => conditions.get(type)?.lastTransition ?? 0;
  const ready = timeOfCondition('Ready');
  // Other conditions may move later without changing anything.
  if (to === 'Ready' && ready > 0) return ready;
  const failure = to === 'ServicesFailed' ? failureTime(cluster) : null;
  if (failure !== null) {
    const others = ['HelmReleaseReady', 'CAPIClusterSummary'].map(timeOfCondition);
    return Math.max(failure, ...others);
  }
  const newest = Math.max(newestTime(cluster), (to === 'Failed' ? failedSince(cluster) : null) ?? 0);
  return newest === 0 ? readTime(cluster.createdAt) : newest;
}

/** When the service that failed last did so, ms since the epoch; null where none failed or none says when. */
export function failureTime({ services }: ClusterDeployment): number | null {
  return failedServices(services)[0]?.since ?? null;
}

/** When a cluster last changed, as the object says, ms since the epoch; 0 where it says nothing. */
export function changeOf(cluster: ClusterDeployment): number {
  const asked = readTime(cluster.deletionRequestedAt) ?? 0;
  return Math.max(newestTime(cluster), asked, cluster.writtenAt ?? 0);
}

/** Of conditions and services. */
function newestTime(cluster: ClusterDeployment): number {
  return Math.max(0, ...statusTimes(cluster).map(([, time]) => time));
}

/** The times of conditions and services, each beside what it is of. */
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

/** The times in an object that were not in it before, each beside what it is of. */
function freshTimes(cluster: ClusterDeployment, before: ClusterDeployment | null): number[] {
  const timesOf = (one: ClusterDeployment) => {
    const [asked, created] = [one.deletionRequestedAt, one.createdAt].map(readTime);
    return [...statusTimes(one), ['deletion', asked ?? 0] as const, ['creation', created ?? 0] as const];
  };
  const known = new Set(before === null ? [] : timesOf(before).map((entry) => entry.join(' ')));
  return timesOf(cluster).flatMap((entry) => (known.has(entry.join(' ')) ? [] : entry[1]));
}
