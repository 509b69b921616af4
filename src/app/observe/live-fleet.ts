import type { ClusterDeployment } from '../../k0rdent/cluster/cluster-deployment.js';
import { clusterStatus } from '../../k0rdent/cluster/cluster-state.js';
import { type JsonObject, readObject } from '../../k0rdent/kubectl/read.js';
import { type Observation, type ObservedCluster, subjectOf } from '../../k0rdent/observe/observation.js';
import { observedCluster } from '../../k0rdent/observe/observe.js';
import type { WatchNews } from '../../k0rdent/watch/watch-list.js';
import type { NewsOf } from './watch-clusters.js';

interface Known {
  readonly cluster: ClusterDeployment;
  readonly management: string;
  readonly context: string;
  readonly list: string;
  readonly spec: JsonObject | undefined;
  shown: ObservedCluster;
}

/** The current clusters of a watch. */
export class LiveFleet {
  readonly #known = new Map<string, Known>();
  readonly #now: () => Date;
  readonly #keepsSpecs: boolean;

  /** @param keepsSpecs whether specs are kept, which may hold secrets */
  constructor(now: () => Date, keepsSpecs = false) {
    this.#now = now;
    this.#keepsSpecs = keepsSpecs;
  }

  /** Takes the lists of contexts, in place of what was known of them. */
  begin({ watchable, objects }: Pick<Observation, 'watchable' | 'objects'>): void {
    for (const { management, context, lists } of watchable) {
      const paths = new Set(lists.map(({ path }) => listOf({ management, context, path })));
      for (const [key, known] of this.#known)
        if (known.context === context && !paths.has(known.list)) this.#known.delete(key);
      for (const { items, path } of lists) {
        const specs = new Map<ClusterDeployment, JsonObject>();
        for (const { cluster } of items) {
          const kept = objects.get(subjectOf({ management, ...cluster }));
          if (kept) specs.set(cluster, readObject(kept.object['spec']));
        }
        const clusters = items.map(({ cluster }) => cluster);
        this.take({ kind: 'listed', clusters, specs }, { management, context, path });
      }
    }
  }

  take(news: WatchNews, of: NewsOf): void {
    if (news.kind === 'seen') this.#put(news.cluster, of, news.spec);
    if (news.kind === 'gone') this.#known.delete(keyOf(news.cluster, of));
    if (news.kind !== 'listed') return;
    const there = new Set(news.clusters.map((cluster) => keyOf(cluster, of)));
    for (const [key, { list }] of this.#known)
      if (list === listOf(of) && !there.has(key)) this.#known.delete(key);
    for (const cluster of news.clusters) this.#put(cluster, of, news.specs.get(cluster));
  }

  /** Returns the `spec` of a cluster; undefined if it is not kept. */
  specOf({
    management,
    namespace,
    name,
  }: Pick<ObservedCluster, 'management' | 'namespace' | 'name'>): JsonObject | undefined {
    return this.#known.get([management, namespace, name].join('/'))?.spec;
  }

  /**
   * Sorted by management, namespace and name. A cluster that is not ready for too long becomes failed without any
   * change.
   */
  get clusters(): readonly ObservedCluster[] {
    const now = this.#now();
    for (const known of this.#known.values()) {
      const { cluster, management, shown } = known;
      if (shown.state === 'Ready') continue;
      // The time moves nothing but the state.
      if (clusterStatus(cluster, now).state !== shown.state)
        known.shown = observedCluster(cluster, management, now);
    }
    return [...this.#known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { shown }]) => shown);
  }

  #put(cluster: ClusterDeployment, of: NewsOf, spec: JsonObject | undefined): void {
    const { management, context } = of;
    const shown = observedCluster(cluster, management, this.#now());
    const kept = this.#keepsSpecs ? spec : undefined;
    this.#known.set(keyOf(cluster, of), {
      cluster,
      management,
      context,
      list: listOf(of),
      spec: kept,
      shown,
    });
  }
}

function keyOf({ namespace, name }: ClusterDeployment, { management }: NewsOf): string {
  return [management, namespace, name].join('/');
}

function listOf({ context, path }: NewsOf): string {
  return `${context} ${path}`;
}
