import type { ClusterState } from '../cluster/cluster-state.js';
import { isSelectedBy, type Labels } from '../cluster/label-selector.js';
import { readWantedServices, type Service, type ServicesStatus } from '../cluster/services.js';
import { type JsonObject, readArray, readObject, readString } from '../kubectl/read.js';
import { shownText } from '../kubectl/shown-text.js';

/** What a MultiClusterService reports about one cluster that it matches. */
export interface ClusterEntry {
  readonly deployed: boolean;
  /** Why it is not deployed; kcm 1.12 and later. */
  readonly message: string | null;
}

/** The parts of a MultiClusterService that are compared with clusters. */
export interface MultiClusterService {
  readonly name: string;
  readonly services: readonly Service[];
  readonly selector: JsonObject;
  /** By `namespace/name`; reported by kcm 1.6 and later. */
  readonly matching: ReadonlyMap<string, ClusterEntry>;
  /** The clusters whose services it reports, as `namespace/name`, in kcm 1.2 and earlier; null in later versions. */
  readonly reported: ReadonlySet<string> | null;
}

/** A cluster as a MultiClusterService sees it. */
export interface CoveredCluster {
  readonly namespace: string;
  readonly name: string;
  readonly state: ClusterState;
  /** The ClusterDeployment's own labels. */
  readonly labels: Labels;
  /** `spec.config.clusterLabels`, which Cluster API's Cluster gets instead of them; null if there are none. */
  readonly configLabels: Labels | null;
  readonly services: ServicesStatus;
}

/** States in which services are expected: not before a cluster is up, nor during its deletion. */
const STANDING: readonly ClusterState[] = ['Ready', 'Updating', 'ServicesPending', 'ServicesFailed'];

/** Reads an item of a list; null if it has no name or is being deleted. */
export function readMultiClusterService(item: unknown): MultiClusterService | null {
  const object = readObject(item);
  const metadata = readObject(object['metadata']);
  const name = shownText(metadata['name']);
  if (name === null || readString(metadata['deletionTimestamp']) !== null) return null;
  const spec = readObject(object['spec']);
  const old = readArray(readObject(object['status'])['services'])
    .map(readObject)
    .filter((entry) => entry['clusterName'] !== undefined);
  return {
    name,
    services: readWantedServices(readObject(spec['serviceSpec'])['services']),
    selector: readObject(spec['clusterSelector']),
    matching: matchingClusters(object),
    reported:
      old.length === 0
        ? null
        : new Set(old.map((entry) => `${String(entry['clusterNamespace'])}/${String(entry['clusterName'])}`)),
  };
}

/** Reads `status.matchingClusters` by `namespace/name`, without the management cluster itself. */
export function matchingClusters(object: JsonObject): ReadonlyMap<string, ClusterEntry> {
  const entries = readArray(readObject(object['status'])['matchingClusters']).map(readObject);
  return new Map(
    entries.flatMap((entry): [string, ClusterEntry][] => {
      const namespace = readString(entry['namespace']);
      const name = readString(entry['name']);
      if (namespace === null || name === null || entry['kind'] === 'SveltosCluster') return [];
      const message = shownText(entry['message']) ?? shownText(entry['reason']);
      return [[`${namespace}/${name}`, { deployed: entry['deployed'] === true, message }]];
    }),
  );
}

/**
 * Explains why a cluster that is up lacks the services of a MultiClusterService. Returns null if it has them, if it is
 * not covered, or if its own `status.services` reports them. kcm selects by the labels of the ClusterDeployment; 1.2
 * and earlier, by those of the cluster created from it.
 */
export function lackOf(service: MultiClusterService, cluster: CoveredCluster): string | null {
  if (!STANDING.includes(cluster.state)) return null;
  const place = `${cluster.namespace}/${cluster.name}`;
  if (service.reported !== null) {
    const labels = cluster.configLabels ?? cluster.labels;
    if (!isSelectedBy(service.selector, labels) || service.reported.has(place)) return null;
    return 'it is not there';
  }
  const entry = service.matching.get(place);
  if (entry?.deployed === true || cluster.services.shape === 'conditions') return null;
  if (entry === undefined && !isSelectedBy(service.selector, cluster.labels)) return null;
  if (entry?.message) return entry.message;
  const there = new Set(cluster.services.services.map(({ namespace, name }) => `${namespace}/${name}`));
  const missing = service.services
    .map(({ namespace, name }) => `${namespace}/${name}`)
    .filter((one) => !there.has(one));
  if (missing.length === 0) return null;
  return missing.length === service.services.length
    ? 'it is not there'
    : `${shownText(missing.join(', '))} not there`;
}
