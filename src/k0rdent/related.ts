import { failedBecause } from './cluster-failure.js';
import { readConditions } from './condition.js';
import type { ApiBase } from './discover.js';
import type { Kubectl } from './kubectl.js';
import { readPages } from './pages.js';
import { type JsonObject, readObject, readString } from './read.js';

/** An object that a cluster depends on or that was made for it. */
export interface RelatedObject {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
  /** One word, or a few, for how it is: `ready`, `not ready`, a phase; `denied`, `not there` where it was not read. */
  readonly state: string;
  readonly problems: readonly string[];
}

export interface RelatedTo {
  readonly namespace: string;
  readonly name: string;
  readonly template: string | null;
  readonly credential: string | null;
  /** Of the cluster; its Cluster API objects lie on the Region's cluster then. */
  readonly region: string | null;
}

/** Kinds asked at a time; each is a kubectl of its own. */
const PARALLEL = 4;
/** True is their bad news, or none at all. */
const NEGATIVE = new Set([
  ...[
    'Paused',
    'Deleting',
    'Stalled',
    'Reconciling',
    'RollingOut',
    'ScalingUp',
    'ScalingDown',
    'Remediating',
  ],
]);
const PAUSED_ANNOTATION = 'k0rdent.mirantis.com/service-set-paused';

type Question = () => Promise<RelatedObject[]>;

/**
 * What a cluster depends on and is made of, as far as the user may read it: Credential, ClusterTemplate, ServiceSets,
 * Region, Helm release, Cluster API's Cluster and Machines, an adopted cluster's SveltosCluster. Throws ClusterError
 * where the cluster fails; what is denied is told as such.
 */
export async function readRelated(kubectl: Kubectl, api: ApiBase, of: RelatedTo): Promise<RelatedObject[]> {
  const { namespace, name, template, credential, region } = of;
  const own = (kind: string, plural: string, object: string | null): Question[] =>
    object === null
      ? []
      : [() => one(kubectl, kind, `${api}/namespaces/${namespace}/${plural}`, object, namespace)];
  const questions: Question[] = [
    ...own('Credential', 'credentials', credential),
    ...own('ClusterTemplate', 'clustertemplates', template),
    ...(region === null ? [] : [() => one(kubectl, 'Region', `${api}/regions`, region, null)]),
    () => serviceSets(kubectl, api, of),
    async () => {
      const base = await preferred(kubectl, 'helm.toolkit.fluxcd.io');
      return base === null
        ? []
        : one(kubectl, 'HelmRelease', `${base}/namespaces/${namespace}/helmreleases`, name, namespace);
    },
    ...(region === null ? [() => capi(kubectl, of)] : []),
    ...(region === null ? [() => sveltos(kubectl, of)] : []),
  ];
  const found: RelatedObject[][] = [];
  for (let start = 0; start < questions.length; start += PARALLEL)
    found.push(...(await Promise.all(questions.slice(start, start + PARALLEL).map((ask) => ask()))));
  return found.flat();
}

/** The base path of a group in the version that it prefers; null where it is not served. */
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

/** One object of a list, by its name. */
async function one(
  kubectl: Kubectl,
  kind: string,
  path: string,
  name: string,
  namespace: string | null,
): Promise<RelatedObject[]> {
  const place = { kind, namespace, name };
  try {
    return [{ ...place, ...stateOf(readObject(await kubectl.get(`${path}/${encodeURIComponent(name)}`))) }];
  } catch (error) {
    if (failedBecause(error, 'forbidden')) return [{ ...place, state: 'denied', problems: [] }];
    if (failedBecause(error, 'not-found')) return [{ ...place, state: 'not there', problems: [] }];
    throw error;
  }
}

/** Objects of a list that fit. */
async function many(
  kubectl: Kubectl,
  kind: string,
  path: string,
  of: { namespace: string; labels?: string },
  fits: (object: JsonObject) => boolean = () => true,
): Promise<RelatedObject[]> {
  try {
    return await readPages(kubectl, path, { labels: of.labels }, (item) => {
      const object = readObject(item);
      const name = readString(readObject(object['metadata'])['name']);
      return name === null || !fits(object)
        ? null
        : { kind, namespace: of.namespace, name, ...stateOf(object) };
    });
  } catch (error) {
    if (failedBecause(error, 'forbidden'))
      return [{ kind, namespace: of.namespace, name: '*', state: 'denied', problems: [] }];
    if (failedBecause(error, 'not-found')) return [];
    throw error;
  }
}

/** The ClusterDeployment's own one, and those that MultiClusterServices made for it. */
function serviceSets(
  kubectl: Kubectl,
  api: ApiBase,
  { namespace, name }: RelatedTo,
): Promise<RelatedObject[]> {
  const path = `${api}/namespaces/${namespace}/servicesets`;
  return many(
    kubectl,
    'ServiceSet',
    path,
    { namespace },
    (object) => readObject(object['spec'])['cluster'] === name,
  );
}

async function capi(kubectl: Kubectl, { namespace, name }: RelatedTo): Promise<RelatedObject[]> {
  const base = await preferred(kubectl, 'cluster.x-k8s.io');
  if (base === null) return [];
  const labels = `cluster.x-k8s.io/cluster-name=${name}`;
  const [clusters, machines] = await Promise.all([
    one(kubectl, 'Cluster', `${base}/namespaces/${namespace}/clusters`, name, namespace),
    many(kubectl, 'Machine', `${base}/namespaces/${namespace}/machines`, { namespace, labels }),
  ]);
  return [...clusters, ...machines];
}

/** Of an adopted cluster alone; others have none of this name, which is no news. */
async function sveltos(kubectl: Kubectl, { namespace, name }: RelatedTo): Promise<RelatedObject[]> {
  const base = await preferred(kubectl, 'lib.projectsveltos.io');
  if (base === null) return [];
  const found = await one(
    kubectl,
    'SveltosCluster',
    `${base}/namespaces/${namespace}/sveltosclusters`,
    name,
    namespace,
  );
  return found.filter(({ state }) => state !== 'not there');
}

/** What an object of any of these kinds says of itself. */
function stateOf(object: JsonObject): Pick<RelatedObject, 'state' | 'problems'> {
  const metadata = readObject(object['metadata']);
  const status = readObject(object['status']);
  const nested = readObject(readObject(status['v1beta2'])['conditions'] ? status['v1beta2'] : status);
  const conditions = readConditions(nested['conditions']);
  const problems = [...conditions.values()].flatMap(({ type, status: is, reason, message }) => {
    const isBad = NEGATIVE.has(type) ? is === 'True' : is !== 'True';
    return isBad && type !== 'Ready' ? [`${type}: ${message ?? reason ?? is}`] : [];
  });
  const messages = [status['validationError'], status['failureMessage']].flatMap(
    (text) => readString(text) ?? [],
  );
  const isPaused = Object.hasOwn(readObject(metadata['annotations']), PAUSED_ANNOTATION);
  const words = [
    readString(metadata['deletionTimestamp']) === null ? null : 'deleting',
    isPaused || readObject(object['spec'])['paused'] === true ? 'paused' : null,
    readString(status['phase']) ??
      readString(status['connectionStatus']) ??
      readyWord(status, conditions.get('Ready')),
  ];
  const ready = conditions.get('Ready');
  const own = ready !== undefined && ready.status !== 'True' && ready.message !== null ? [ready.message] : [];
  return {
    state: words.filter(Boolean).join(', ') || 'no status',
    problems: [...messages, ...own, ...problems],
  };
}

function readyWord(status: JsonObject, ready: { status: string } | undefined): string | null {
  if (typeof status['valid'] === 'boolean') return status['valid'] ? 'valid' : 'not valid';
  const is = ready === undefined ? (status['ready'] ?? status['deployed']) : ready.status === 'True';
  return typeof is === 'boolean' ? (is ? 'ready' : 'not ready') : null;
}
