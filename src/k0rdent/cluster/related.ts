import { failedBecause } from '../kubectl/cluster-failure.js';
import type { ApiBase } from '../kubectl/discover.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { readPages } from '../kubectl/pages.js';
import { type JsonObject, readObject, readString } from '../kubectl/read.js';
import { type ObjectState, stateInCluster, stateOf } from './related-state.js';

/** An object that a cluster depends on or that was made for it. */
export interface RelatedObject {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
  /** State in a word or a few: `ready`, `not ready`, a phase; `denied` or `not there` if it was not read. */
  readonly state: string;
  readonly problems: readonly string[];
}

export interface RelatedTo {
  readonly namespace: string;
  readonly name: string;
  readonly template: string | null;
  readonly credential: string | null;
  /** The cluster's Region; if set, its Cluster API objects are on the Region's cluster. */
  readonly region: string | null;
  /** Whether Cluster API ever had a Cluster for it; an adopted cluster and a dry run have none. */
  readonly hasInfrastructure: boolean;
}

/** Maximum number of parallel queries; each is a kubectl process. */
const PARALLEL = 4;

type Question = () => Promise<RelatedObject[]>;

/**
 * Reads the objects that a cluster depends on and consists of, as far as the user may read them: Credential,
 * ClusterTemplate, ServiceSets, MultiClusterServices, Region, Helm release, Cluster API's Cluster and Machines, and the
 * SveltosCluster of an adopted cluster. Denied objects are reported as denied. Throws ClusterError if the API server
 * fails.
 */
export async function readRelated(kubectl: Kubectl, api: ApiBase, of: RelatedTo): Promise<RelatedObject[]> {
  const { namespace, name, template, credential } = of;
  const own = `${api}/namespaces/${namespace}`;
  // A new cluster does not name its Region yet, but its Credential does.
  const used = credential === null ? null : await ask(kubectl, `${own}/credentials`, credential);
  const region = of.region ?? regionOf(used);
  const questions: Question[] = [
    ...(template === null
      ? []
      : [() => one(kubectl, 'ClusterTemplate', `${own}/clustertemplates`, template, namespace)]),
    ...(region === null ? [] : [() => one(kubectl, 'Region', `${api}/regions`, region, null)]),
    () => serviceSets(kubectl, api, of),
    () => multiClusterServices(kubectl, api, of),
    async () => {
      const base = await preferred(kubectl, 'helm.toolkit.fluxcd.io');
      return base === null
        ? []
        : one(kubectl, 'HelmRelease', `${base}/namespaces/${namespace}/helmreleases`, name, namespace);
    },
    ...(region === null
      ? [() => capi(kubectl, of), () => sveltos(kubectl, of)]
      : [async () => [elsewhere(of, region)]]),
  ];
  const found: RelatedObject[][] = [];
  for (let start = 0; start < questions.length; start += PARALLEL)
    found.push(
      ...(await Promise.all(questions.slice(start, start + PARALLEL).map((question) => question()))),
    );
  const first = used === null || credential === null ? [] : [told('Credential', namespace, credential, used)];
  return [...first, ...found.flat()];
}

/** Stands for the Cluster API objects of a regional cluster, which this kubeconfig cannot reach. */
function elsewhere({ namespace, name }: RelatedTo, region: string): RelatedObject {
  return { kind: 'Cluster', namespace, name, state: `on the cluster of region ${region}`, problems: [] };
}

/** Result of a query for one object. */
type Answer = JsonObject | 'denied' | 'not there';

async function ask(kubectl: Kubectl, path: string, name: string): Promise<Answer> {
  try {
    return readObject(await kubectl.get(`${path}/${encodeURIComponent(name)}`));
  } catch (error) {
    if (failedBecause(error, 'forbidden')) return 'denied';
    if (failedBecause(error, 'not-found')) return 'not there';
    throw error;
  }
}

function told(kind: string, namespace: string | null, name: string, answer: Answer): RelatedObject {
  const state: ObjectState = typeof answer === 'string' ? { state: answer, problems: [] } : stateOf(answer);
  return { kind, namespace, name, ...state };
}

function regionOf(credential: Answer | null): string | null {
  if (credential === null || typeof credential === 'string') return null;
  return readString(readObject(credential['spec'])['region']);
}

/** Returns the base path of an API group in its preferred version; null if the group is not served. */
async function preferred(kubectl: Kubectl, group: string): Promise<string | null> {
  const answer = readObject(await ifThere(kubectl, `/apis/${group}`));
  const version = readString(readObject(answer['preferredVersion'])['version']);
  return version === null || !/^v\w+$/.test(version) ? null : `/apis/${group}/${version}`;
}

async function ifThere(kubectl: Kubectl, path: string): Promise<unknown> {
  try {
    return await kubectl.get(path);
  } catch (error) {
    if (failedBecause(error, 'forbidden', 'not-found')) return undefined;
    throw error;
  }
}

async function one(
  kubectl: Kubectl,
  kind: string,
  path: string,
  name: string,
  namespace: string | null,
): Promise<RelatedObject[]> {
  return [told(kind, namespace, name, await ask(kubectl, path, name))];
}

/** Reads a list of objects with `read`, which returns null for those unrelated to the cluster. */
async function many(
  kubectl: Kubectl,
  kind: string,
  path: string,
  of: { namespace: string | null; labels?: string },
  read: (object: JsonObject) => ObjectState | null = stateOf,
): Promise<RelatedObject[]> {
  const { namespace, labels } = of;
  try {
    return await readPages(kubectl, path, { labels }, (item) => {
      const object = readObject(item);
      const name = readString(readObject(object['metadata'])['name']);
      const state = name === null ? null : read(object);
      return name === null || state === null ? null : { kind, namespace, name, ...state };
    });
  } catch (error) {
    if (failedBecause(error, 'forbidden'))
      return [{ kind, namespace, name: '*', state: 'denied', problems: [] }];
    if (failedBecause(error, 'not-found')) return [];
    throw error;
  }
}

/** Reads the ClusterDeployment's own ServiceSet and those that MultiClusterServices created for it. */
function serviceSets(
  kubectl: Kubectl,
  api: ApiBase,
  { namespace, name }: RelatedTo,
): Promise<RelatedObject[]> {
  const path = `${api}/namespaces/${namespace}/servicesets`;
  return many(kubectl, 'ServiceSet', path, { namespace }, (object) =>
    readObject(object['spec'])['cluster'] === name ? stateOf(object) : null,
  );
}

/** Reads the MultiClusterServices that match the cluster, whether or not they are deployed to it yet. */
function multiClusterServices(
  kubectl: Kubectl,
  api: ApiBase,
  { namespace, name }: RelatedTo,
): Promise<RelatedObject[]> {
  return many(kubectl, 'MultiClusterService', `${api}/multiclusterservices`, { namespace: null }, (object) =>
    stateInCluster(object, namespace, name),
  );
}

async function capi(
  kubectl: Kubectl,
  { namespace, name, hasInfrastructure }: RelatedTo,
): Promise<RelatedObject[]> {
  const base = await preferred(kubectl, 'cluster.x-k8s.io');
  if (base === null) return [];
  const at = `${base}/namespaces/${namespace}`;
  const labels = `cluster.x-k8s.io/cluster-name=${name}`;
  const found = await Promise.all([
    one(kubectl, 'Cluster', `${at}/clusters`, name, namespace),
    many(kubectl, 'MachinePool', `${at}/machinepools`, { namespace, labels }),
    many(kubectl, 'Machine', `${at}/machines`, { namespace, labels }),
  ]);
  return found.flat().filter(({ state }) => hasInfrastructure || state !== 'not there');
}

/**
 * Reads the SveltosCluster of an adopted cluster. Other clusters have none of this name, which is not reported. Throws
 * ClusterError.
 */
export async function sveltos(
  kubectl: Kubectl,
  { namespace, name }: Pick<RelatedTo, 'namespace' | 'name'>,
): Promise<RelatedObject[]> {
  const base = await preferred(kubectl, 'lib.projectsveltos.io');
  if (base === null) return [];
  const path = `${base}/namespaces/${namespace}/sveltosclusters`;
  const found = await one(kubectl, 'SveltosCluster', path, name, namespace);
  return found.filter(({ state }) => state !== 'not there');
}
