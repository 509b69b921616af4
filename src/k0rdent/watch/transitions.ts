import { formatTimestamp } from '../../model/event/event.js';
import { maskSecrets } from '../../model/secret/mask-secrets.js';
import type { ClusterDeployment } from '../cluster/cluster-deployment.js';
import { type ClusterState, clusterStatus, isDeployed } from '../cluster/cluster-state.js';
import { explainConditions, gistOf, unreleasedWords } from '../cluster/explanation.js';
import { failedServices, newestFirst } from '../cluster/services.js';
import { readTime } from '../kubectl/read.js';
import {
  changeOf,
  type Dated,
  failureTime,
  type Placed,
  placed,
  type TransitionTime,
  timeOf,
  transitionTime,
} from './transition-time.js';
import type { ClusterNews } from './watch-list.js';

/** A cluster that went from one state to another. */
export interface Transition {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | null;
  /** Null if it did not exist. */
  readonly from: ClusterState | null;
  /** Null if it is gone. Equals `from` if a service failed again while the cluster was ServicesFailed. */
  readonly to: ClusterState | null;
  /** When it happened, RFC 3339; `dated` gives the source of the time. */
  readonly at: string;
  readonly dated: Dated;
  /** Position among the transitions of the cluster, in ms since the epoch; it increases from one to the next. */
  readonly position: number;
  /** Version of the object that shows it, by which observers recognize it; null for an end. */
  readonly version: string | null;
  /** What explains the new state, secrets masked; null if nothing does. */
  readonly cause: string | null;
  /** Whether the cluster is a dry run that was never applied, so that nothing is created or deleted. */
  readonly dryRun: boolean;
}

interface Known {
  readonly cluster: ClusterDeployment;
  readonly state: ClusterState;
  /** The object as first seen after its newest transition: that version is the same for all observers. */
  readonly first: ClusterDeployment;
  /** Its newest transition; null if its time is unknown. */
  readonly previous: Placed | null;
}

/** The newest recorded transitions of clusters, by UID. */
export type LastTransitions = ReadonlyMap<string, Placed & { readonly state: ClusterState | null }>;

const keyOf = ({ namespace, name }: ClusterDeployment) => `${namespace}/${name}`;

/**
 * Finds the transitions in the news of a watched list. Changes of state and repeated failures of services count. Writes
 * that change neither (heartbeats, counters in messages, managedFields) do not, and news that arrives twice counts
 * once.
 */
export class Transitions {
  readonly #known = new Map<string, Known>();
  readonly #now: () => Date;
  /** Latest time seen, in ms: a clock that is set back does not bring back an earlier state. */
  #latest = 0;

  /** @param last the last recorded transitions of the clusters that exist at the start */
  constructor(begin: readonly ClusterDeployment[], now: () => Date, last: LastTransitions = new Map()) {
    this.#now = now;
    for (const cluster of begin) {
      const { state } = clusterStatus(cluster, this.#time());
      const recorded = last.get(cluster.uid ?? '');
      const own = timeOf(cluster, state);
      const previous = recorded?.state === state ? recorded : own === null ? null : placed(own, state, null);
      this.#known.set(keyOf(cluster), { cluster, state, first: cluster, previous });
    }
  }

  /** Returns the transitions in `news`, in the order in which they happened. */
  take(news: ClusterNews): Transition[] {
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
        const found = [
          ...missing.flatMap((key) => this.#gone(key, null)),
          ...news.clusters.flatMap((cluster) => this.#seen(cluster)),
        ];
        // A list has no order in time. Positions increase within a cluster, so sorting keeps the order of its
        // transitions.
        return found.sort((a, b) => a.position - b.position);
      }
    }
  }

  #time(): Date {
    this.#latest = Math.max(this.#latest, this.#now().getTime());
    return new Date(this.#latest);
  }

  /**
   * Finds transitions caused by elapsed time alone: a cluster that is not ready for long enough has failed, although
   * nothing was written.
   */
  #timePassed(known: Known, until: Date): Transition[] {
    const { cluster, state, first, previous } = known;
    const to = clusterStatus(cluster, until).state;
    if (to === state) return [];
    const time = transitionTime({ cluster: first, to, before: first, previous, now: until.getTime() });
    this.#known.set(keyOf(cluster), { ...known, state: to, previous: time });
    return [transition(first, state, to, time)];
  }

  /**
   * Evaluates states at the times that objects give, so that frequent and rare observers find the same transitions: the
   * state until the object changed, the state at that change, and any transition since then by elapsed time alone.
   */
  #seen(cluster: ClusterDeployment): Transition[] {
    const key = keyOf(cluster);
    const before = this.#known.get(key);
    const isAnother = before !== undefined && before.cluster.uid !== cluster.uid;
    const changed = changeOf(cluster);
    const isNews = before === undefined || isAnother || changed > changeOf(before.cluster);
    const at = isNews ? new Date(changed) : this.#time();
    const until = isAnother
      ? this.#gone(key, null, readTime(cluster.createdAt))
      : before === undefined
        ? []
        : this.#timePassed(before, at);
    const known = this.#known.get(key);
    const from = known?.state ?? null;
    const to = clusterStatus(cluster, at).state;
    const isChange = from !== to || (known !== undefined && hasFailedAgain(to, known.cluster, cluster));
    const [end] = until.slice(-1);
    const previous = known?.previous ?? (end ? { at: Date.parse(end.at), position: end.position } : null);
    const time = isChange
      ? transitionTime({
          cluster,
          to,
          before: known?.cluster ?? null,
          previous,
          now: this.#time().getTime(),
        })
      : null;
    const now: Known = {
      cluster,
      state: to,
      first: isNews ? cluster : (before?.first ?? cluster),
      previous: time ?? previous,
    };
    this.#known.set(key, now);
    const change = time === null ? [] : [transition(cluster, from, to, time)];
    return [...until, ...change, ...this.#timePassed(now, this.#time())];
  }

  /**
   * Finds the end of a cluster.
   * @param last the final version of the cluster; null if unknown
   * @param latest ms since the epoch: when another cluster already had its name
   */
  #gone(key: string, last: ClusterDeployment | null, latest: number | null = null): Transition[] {
    const before = this.#known.get(key);
    if (before === undefined || (last !== null && last.uid !== before.cluster.uid)) return [];
    this.#known.delete(key);
    const cluster = last ?? before.cluster;
    const now = Math.min(this.#time().getTime(), latest ?? Number.POSITIVE_INFINITY);
    const { state, previous } = before;
    const time = transitionTime({ cluster, to: null, before: before.cluster, previous, now });
    return [transition(cluster, state, null, time)];
  }
}

/** Whether a service, the same or another, has failed again in a cluster that stays ServicesFailed. */
export function hasFailedAgain(
  state: ClusterState,
  before: ClusterDeployment,
  cluster: ClusterDeployment,
): boolean {
  return state === 'ServicesFailed' && (failureTime(cluster) ?? 0) > (failureTime(before) ?? 0);
}

/** Builds a transition of `cluster` at a time; its cause comes from the object alone. */
export function transition(
  cluster: ClusterDeployment,
  from: ClusterState | null,
  to: ClusterState | null,
  { at, dated, position }: TransitionTime,
): Transition {
  const { namespace, name, uid } = cluster;
  const dryRun = cluster.dryRun && !isDeployed(cluster.conditions);
  const version = to === null ? null : cluster.version;
  const shown = { at: formatTimestamp(at), dated, position, version };
  return { namespace, name, uid, from, to, ...shown, cause: causeOf(cluster, to), dryRun };
}

/**
 * Explains a state: by the service that changed last, or else by the condition that blocks the cluster. Secrets are
 * masked; null if there is no explanation or none is needed.
 */
export function causeOf({ conditions, services }: ClusterDeployment, to: ClusterState | null): string | null {
  if (to === null || to === 'New' || to === 'Ready' || to === 'DryRunValid') return null;
  const first = explainConditions(conditions, to).find(
    ({ meaning, type }) => (meaning === 'problem' || meaning === 'waiting') && type !== 'Ready',
  );
  const [service] =
    to === 'ServicesFailed'
      ? failedServices(services)
      : to === 'ServicesPending' && services.shape === 'services'
        ? newestFirst(services.services.filter(({ state }) => state !== 'Deployed'))
        : [];
  if (service !== undefined) {
    const says = service.message === null ? '' : `: ${gistOf(service.message)}`;
    return maskSecrets(`service ${service.namespace}/${service.name}: ${service.state}${says}`);
  }
  if (first === undefined) return unreleasedWords(conditions, to);
  const says = gistOf(first.message ?? '') || first.reason || first.status;
  // Cluster API's own messages often begin with the type.
  return maskSecrets(says.startsWith(`${first.type}: `) ? says : `${first.type}: ${says}`);
}
