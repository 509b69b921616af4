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
}

const keyOf = ({ namespace, name }: ClusterDeployment) => `${namespace}/${name}`;

/**
 * Finds the transitions in what a watch tells of one list. States alone count: what a controller writes without
 * changing one (heartbeats, counters in messages, managedFields) is none, and what is told twice is one.
 */
export class Transitions {
  readonly #known = new Map<string, Known>();
  readonly #now: () => Date;

  constructor(begin: readonly ClusterDeployment[], now: () => Date) {
    this.#now = now;
    for (const cluster of begin) this.#know(cluster);
  }

  /** What `news` changes. */
  take(news: WatchNews): Transition[] {
    switch (news.kind) {
      case 'seen':
        return this.#seen(news.cluster);
      case 'gone':
        return this.#gone(keyOf(news.cluster), news.cluster);
      case 'tick':
        // A cluster that is not ready for long enough has failed, although nothing was written.
        return [...this.#known.values()].flatMap(({ cluster }) => this.#seen(cluster));
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

  #know(cluster: ClusterDeployment): ClusterState {
    const { state } = clusterStatus(cluster, this.#now());
    this.#known.set(keyOf(cluster), { cluster, state });
    return state;
  }

  #seen(cluster: ClusterDeployment): Transition[] {
    const key = keyOf(cluster);
    const before = this.#known.get(key);
    const isAnother = before !== undefined && before.cluster.uid !== cluster.uid;
    const ended = isAnother ? this.#gone(key, null) : [];
    const from = isAnother ? null : (before?.state ?? null);
    const to = this.#know(cluster);
    return from === to ? ended : [...ended, transition(cluster, from, to)];
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
  const times = [...conditions.values()].flatMap(({ lastTransition }) => lastTransition ?? []);
  const newest = Math.max(0, ...times, (to === 'Failed' ? failedSince(cluster) : null) ?? 0);
  return newest === 0 ? readTime(cluster.createdAt) : newest;
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
