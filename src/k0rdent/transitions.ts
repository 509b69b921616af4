import { formatTimestamp } from '../model/event.js';
import { maskSecrets } from '../model/secret/mask-secrets.js';
import type { ClusterDeployment } from './cluster-deployment.js';
import { type ClusterState, clusterStatus, failedSince, isDeployed } from './cluster-state.js';
import { explainConditions, gistOf } from './explanation.js';
import { readTime } from './read.js';
import type { WatchNews } from './watch-list.js';

/** A cluster that went from one state to another. */
export interface Transition {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | null;
  /** Null: it was not there. */
  readonly from: ClusterState | null;
  /** Null: it is gone. */
  readonly to: ClusterState | null;
  /** When the API says that it was, RFC 3339; null where it does not say. */
  readonly at: string | null;
  /** What explains the new state, secrets masked; null where nothing does. */
  readonly cause: string | null;
  /** Whether it is a dry run that was never applied, so that nothing was made or goes. */
  readonly dryRun: boolean;
}

interface Known {
  readonly cluster: ClusterDeployment;
  readonly state: ClusterState;
  /** As it was first seen after its newest transition: what it then said is the same for all who watch. */
  readonly first: ClusterDeployment;
}

const keyOf = ({ namespace, name }: ClusterDeployment) => `${namespace}/${name}`;

/**
 * Finds the transitions in what a watch tells of one list. States alone count: what a controller writes without
 * changing one (heartbeats, counters in messages, managedFields) is none, and what is told twice is one.
 */
export class Transitions {
  readonly #known = new Map<string, Known>();
  readonly #now: () => Date;
  /** The latest time that was, ms: a clock that is set back brings no state back. */
  #latest = 0;

  constructor(begin: readonly ClusterDeployment[], now: () => Date) {
    this.#now = now;
    for (const cluster of begin) {
      const { state } = clusterStatus(cluster, this.#time());
      this.#known.set(keyOf(cluster), { cluster, state, first: cluster });
    }
  }

  /** What `news` changes. */
  take(news: WatchNews): Transition[] {
    switch (news.kind) {
      case 'seen':
        return this.#seen(news.cluster);
      case 'gone':
        return this.#gone(keyOf(news.cluster), news.cluster);
      case 'tick':
        return [...this.#known.values()].flatMap((known) => this.#timePassed(known, this.#time()));
      case 'listed': {
        const there = new Set(news.clusters.map(keyOf));
        const missing = [...this.#known.keys()].filter((key) => !there.has(key));
        return [
          ...missing.flatMap((key) => this.#gone(key, null)),
          ...news.clusters.flatMap((cluster) => this.#seen(cluster)),
        ];
      }
    }
  }

  #time(): Date {
    this.#latest = Math.max(this.#latest, this.#now().getTime());
    return new Date(this.#latest);
  }

  /** A cluster that is not ready for long enough has failed, although nothing was written. */
  #timePassed(known: Known, until: Date): Transition[] {
    const { cluster, state, first } = known;
    const to = clusterStatus(cluster, until).state;
    if (to === state) return [];
    this.#known.set(keyOf(cluster), { ...known, state: to });
    return [transition(first, state, to)];
  }

  /**
   * States are worked out for the times that objects give, so that who looks often and who looks seldom tell the same:
   * how the cluster was until it changed, how it was then, and what time alone has made of it since.
   */
  #seen(cluster: ClusterDeployment): Transition[] {
    const key = keyOf(cluster);
    const before = this.#known.get(key);
    const isAnother = before !== undefined && before.cluster.uid !== cluster.uid;
    const changed = changeOf(cluster);
    const isNews = before === undefined || isAnother || changed > changeOf(before.cluster);
    const at = isNews ? new Date(changed) : this.#time();
    const until = isAnother
      ? this.#gone(key, null)
      : before === undefined
        ? []
        : this.#timePassed(before, at);
    const from = this.#known.get(key)?.state ?? null;
    const to = clusterStatus(cluster, at).state;
    const known = { cluster, state: to, first: isNews ? cluster : before.first };
    this.#known.set(key, known);
    const change = from === to ? [] : [transition(cluster, from, to)];
    return [...until, ...change, ...this.#timePassed(known, this.#time())];
  }

  /** `last`: the cluster as it was when it went, where that is told. */
  #gone(key: string, last: ClusterDeployment | null): Transition[] {
    const before = this.#known.get(key);
    if (before === undefined || (last !== null && last.uid !== before.cluster.uid)) return [];
    this.#known.delete(key);
    return [transition(last ?? before.cluster, before.state, null)];
  }
}

/** The transition of `cluster`, dated and explained by the object alone. */
export function transition(
  cluster: ClusterDeployment,
  from: ClusterState | null,
  to: ClusterState | null,
): Transition {
  const { namespace, name, uid } = cluster;
  const dryRun = cluster.dryRun && !isDeployed(cluster.conditions);
  const time = timeOf(cluster, to);
  const at = time === null ? null : formatTimestamp(time);
  return { namespace, name, uid, from, to, at, cause: causeOf(cluster, to), dryRun };
}

/** The time of a transition by the object alone, so that whoever sees it gets the same; ms, null where it tells none. */
function timeOf(cluster: ClusterDeployment, to: ClusterState | null): number | null {
  const { conditions } = cluster;
  if (to === null || to === 'Deleting') return readTime(cluster.deletionRequestedAt);
  if (to === 'New') return readTime(cluster.createdAt);
  const ready = conditions.get('Ready')?.lastTransition ?? null;
  if (to === 'Ready' && ready !== null) return ready;
  const newest = Math.max(newestTransition(cluster), (to === 'Failed' ? failedSince(cluster) : null) ?? 0);
  return newest === 0 ? readTime(cluster.createdAt) : newest;
}

/** ms; 0 where no condition has a time. */
function newestTransition({ conditions }: ClusterDeployment): number {
  return Math.max(0, ...[...conditions.values()].map(({ lastTransition }) => lastTransition ?? 0));
}

/** When a cluster last changed, as the object says, ms. */
function changeOf(cluster: ClusterDeployment): number {
  return Math.max(newestTransition(cluster), readTime(cluster.deletionRequestedAt) ?? 0);
}

/** The condition that explains a state, and what it says. */
function causeOf({ conditions }: ClusterDeployment, to: ClusterState | null): string | null {
  if (to === null || to === 'New' || to === 'Ready' || to === 'DryRunValid') return null;
  const first = explainConditions(conditions, to).find(
    ({ meaning, type }) => (meaning === 'problem' || meaning === 'waiting') && type !== 'Ready',
  );
  if (first === undefined) return null;
  return maskSecrets(`${first.type}: ${gistOf(first.message ?? '') || first.reason || first.status}`);
}
