import type { ClusterDeployment } from '../../k0rdent/cluster/cluster-deployment.js';
import type { Observation, ObservedCluster } from '../../k0rdent/observe/observation.js';
import { observedCluster } from '../../k0rdent/observe/observe.js';
import type { WatchNews } from '../../k0rdent/watch/watch-list.js';
import type { NewsOf } from './watch-clusters.js';

interface Known {
  readonly cluster: ClusterDeployment;
  readonly management: string;
  readonly list: string;
  shown: ObservedCluster;
}

/** The current clusters of a watch. */
export class LiveFleet {
  readonly #known = new Map<string, Known>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  begin({ watchable }: Observation): void {
    for (const { management, context, lists } of watchable)
      for (const { items, path } of lists)
        for (const { cluster } of items) this.#put(cluster, { management, context, path });
  }

  take(news: WatchNews, of: NewsOf): void {
    if (news.kind === 'seen') this.#put(news.cluster, of);
    if (news.kind === 'gone') this.#known.delete(keyOf(news.cluster, of));
    if (news.kind !== 'listed') return;
    const there = new Set(news.clusters.map((cluster) => keyOf(cluster, of)));
    for (const [key, { list }] of this.#known)
      if (list === listOf(of) && !there.has(key)) this.#known.delete(key);
    for (const cluster of news.clusters) this.#put(cluster, of);
  }

  /**
   * Sorted by management, namespace and name. A cluster that is not ready for too long becomes failed without any
   * change.
   */
  get clusters(): readonly ObservedCluster[] {
    for (const known of this.#known.values())
      if (known.shown.state !== 'Ready')
        known.shown = observedCluster(known.cluster, known.management, this.#now());
    return [...this.#known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { shown }]) => shown);
  }

  #put(cluster: ClusterDeployment, of: NewsOf): void {
    const { management } = of;
    const shown = observedCluster(cluster, management, this.#now());
    this.#known.set(keyOf(cluster, of), { cluster, management, list: listOf(of), shown });
  }
}

function keyOf({ namespace, name }: ClusterDeployment, { management }: NewsOf): string {
  return [management, namespace, name].join('/');
}

function listOf({ context, path }: NewsOf): string {
  return `${context} ${path}`;
}
