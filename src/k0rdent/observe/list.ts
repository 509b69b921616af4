import { UsageError } from '../../errors.js';
import { DEFAULT_NAMESPACE, isLabel, isSubdomain } from '../../model/subject/subject.js';
import { type ClusterDeployment, readClusterDeployment } from '../cluster/cluster-deployment.js';
import { readLabels } from '../cluster/label-selector.js';
import { type Look, readLook } from '../health/last-look.js';
import type { CoveredCluster } from '../health/multi-cluster-services.js';
import { clusterFailure, failedBecause } from '../kubectl/cluster-failure.js';
import type { ApiBase } from '../kubectl/discover.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { type Listing, readListing, type Selection } from '../kubectl/pages.js';
import { type JsonObject, readObject, withoutBallast } from '../kubectl/read.js';
import { safeText } from '../kubectl/safe-text.js';

/** Which namespaces an observation could read. */
export interface SeenNamespaces {
  /** `*`: all of them. */
  readonly seen: '*' | readonly string[];
  /** Namespaces that the user may not read; others may exist that were not queried. */
  readonly denied: readonly string[];
}

/** A cluster, and its object if the caller keeps it. */
export interface ListedCluster {
  readonly cluster: ClusterDeployment;
  readonly object: JsonObject | null;
  /** Absent if not requested. */
  readonly beside?: BesideFacts;
}

/** The parts of a cluster that are compared with its related objects. */
export interface BesideFacts extends Pick<CoveredCluster, 'labels' | 'configLabels'> {
  readonly look: Look | null;
}

/** One list of clusters, and where it was read from. */
export interface PlaceList extends Listing<ListedCluster> {
  /** API path without a query. */
  readonly path: string;
  /** Null for all namespaces. */
  readonly namespace: string | null;
  readonly selection: Selection;
}

export interface ClusterList {
  /** A single list if all namespaces can be listed, else one per readable namespace. */
  readonly lists: readonly PlaceList[];
  readonly namespaces: SeenNamespaces;
}

export interface ListOptions {
  /** Limits the list to this namespace. */
  readonly namespace?: string | undefined;
  /** Limits the list to the cluster of this name. */
  readonly name?: string | undefined;
  /** Label selector in Kubernetes' syntax. */
  readonly selector?: string | undefined;
  /** Namespace to query first if the cluster-wide list is denied, before k0rdent's system namespace. */
  readonly contextNamespace?: string | null | undefined;
  /** Further namespaces to query in that case, after the system namespace. */
  readonly namespaces?: readonly string[] | undefined;
  /**
   * Whether to keep the whole object of a cluster; by default none is kept, because objects may be numerous and hold
   * secrets.
   */
  readonly keeps?: ((namespace: string, name: string) => boolean) | undefined;
  /** Whether to also read the related objects and the health of k0rdent itself. */
  readonly health?: boolean | undefined;
}

/** Maximum number of namespaces queried in parallel; each is a kubectl process. */
const PARALLEL = 4;

/**
 * Lists the ClusterDeployments that the user may read. Throws ClusterError, with cause `forbidden` if no namespace can
 * be read, and UsageError for a selector that the server cannot parse.
 */
export async function listClusters(
  kubectl: Kubectl,
  api: ApiBase,
  options: ListOptions = {},
): Promise<ClusterList> {
  const { namespace } = options;
  if (namespace !== undefined) {
    const list = await readClusters(kubectl, api, namespace, options);
    return { lists: [list], namespaces: { seen: [namespace], denied: [] } };
  }
  try {
    const list = await readClusters(kubectl, api, null, options);
    return { lists: [list], namespaces: { seen: '*', denied: [] } };
  } catch (error) {
    if (!failedBecause(error, 'forbidden')) throw error;
    return await listNamespaces(kubectl, api, options);
  }
}

async function listNamespaces(kubectl: Kubectl, api: ApiBase, options: ListOptions): Promise<ClusterList> {
  const candidates = [options.contextNamespace ?? DEFAULT_NAMESPACE, DEFAULT_NAMESPACE];
  const names = [...new Set([...candidates, ...(options.namespaces ?? [])])];
  const lists: PlaceList[] = [];
  const seen: string[] = [];
  const denied: string[] = [];
  for (let start = 0; start < names.length; start += PARALLEL) {
    const asked = names.slice(start, start + PARALLEL);
    const answers = await Promise.all(
      asked.map((name) =>
        readClusters(kubectl, api, name, options).catch((error: unknown) => {
          if (failedBecause(error, 'forbidden')) return null;
          throw error;
        }),
      ),
    );
    answers.forEach((answer, index) => {
      const name = asked[index] ?? '';
      if (answer === null) {
        denied.push(name);
        return;
      }
      seen.push(name);
      lists.push(answer);
    });
  }
  if (seen.length === 0) {
    const detail = `clusterdeployments can be listed neither in all namespaces nor in ${denied.join(', ')}`;
    throw clusterFailure({ cause: 'forbidden', detail }, { context: kubectl.context, path: api });
  }
  return { lists, namespaces: { seen, denied } };
}

function listPath(api: ApiBase, namespace: string | null): string {
  if (namespace === null) return `${api}/clusterdeployments`;
  if (!isLabel(namespace)) throw new UsageError(`${JSON.stringify(safeText(namespace))} is not a namespace`);
  return `${api}/namespaces/${namespace}/clusterdeployments`;
}

async function readClusters(
  kubectl: Kubectl,
  api: ApiBase,
  namespace: string | null,
  options: ListOptions,
): Promise<PlaceList> {
  const path = listPath(api, namespace);
  const { selector, name, keeps, health } = options;
  const selection = { labels: selector, fields: name === undefined ? undefined : nameField(name) };
  const read = (item: unknown): ListedCluster | null => {
    const cluster = readClusterDeployment(item);
    if (cluster === null) return null;
    return {
      cluster,
      object: keeps?.(cluster.namespace, cluster.name) ? withoutBallast(item) : null,
      ...(health ? { beside: besideFacts(item) } : {}),
    };
  };
  try {
    return { path, namespace, selection, ...(await readListing(kubectl, path, selection, read)) };
  } catch (error) {
    if (selector === undefined || !failedBecause(error, 'bad-request')) throw error;
    throw new UsageError(
      `the API server does not understand the selector ${JSON.stringify(safeText(selector))}`,
      {
        suggestions: ['Write it as for kubectl, for example -l env=prod,owner!=dev'],
        cause: error,
      },
    );
  }
}

function besideFacts(item: unknown): BesideFacts {
  const { metadata, spec } = readObject(item);
  const own = readObject(readObject(readObject(spec)['config'])['clusterLabels']);
  return {
    labels: readLabels(readObject(metadata)['labels']),
    configLabels: Object.keys(own).length === 0 ? null : readLabels(own),
    look: readLook('ClusterDeployment', item),
  };
}

/** Builds a field selector for one name. A list, unlike a get, distinguishes a missing object from a missing kind. */
function nameField(name: string): string {
  if (!isSubdomain(name))
    throw new UsageError(`${JSON.stringify(safeText(name))} is not a name of a cluster`);
  return `metadata.name=${name}`;
}
