import type { Rights } from './access.js';
import type { LoggedRequest } from './faults.js';
import type { Lists } from './lists.js';
import type { KubeObject } from './objects.js';
import { type Answer, forbidden, noSuchPath, notFound } from './status.js';

const GROUP = 'k0rdent.mirantis.com';
const CLUSTERS = `clusterdeployments.${GROUP}`;

/** What the management cluster holds; a test may change it between requests. */
export interface ManagementCluster {
  clusters: readonly KubeObject[];
  managements: readonly KubeObject[];
  kubeSystemUid: string;
  /** Served versions of the k0rdent group, the preferred one first; none: k0rdent is not installed. */
  versions: readonly string[];
}

const ok = (body: unknown): Answer => ({ code: 200, body });

function group(versions: readonly string[]): Record<string, unknown> {
  const entries = versions.map((version) => ({ groupVersion: `${GROUP}/${version}`, version }));
  return { kind: 'APIGroup', apiVersion: 'v1', name: GROUP, versions: entries, preferredVersion: entries[0] };
}

function listClusters(
  of: ManagementCluster,
  rights: Rights,
  lists: Lists,
  query: URLSearchParams,
  ns?: string,
): Answer {
  const allowed = rights.clusters === '*' || (ns !== undefined && rights.clusters.includes(ns));
  if (!allowed) {
    return forbidden(
      'list',
      CLUSTERS,
      ns === undefined ? 'at the cluster scope' : `in the namespace "${ns}"`,
    );
  }
  const items = of.clusters.filter((item) => ns === undefined || item.metadata.namespace === ns);
  return lists.page(items, 'ClusterDeploymentList', query);
}

/** The answer to one request of somebody who has `rights`. */
export function answer(of: ManagementCluster, rights: Rights, lists: Lists, request: LoggedRequest): Answer {
  const { path, query } = request;
  if (path === '/version') return ok({ major: '1', minor: '32', gitVersion: 'v1.32.4' });
  if (path === '/api') return ok({ kind: 'APIVersions', versions: ['v1'] });
  if (path === '/apis') {
    const groups = of.versions.length === 0 ? [] : [group(of.versions)];
    return ok({ kind: 'APIGroupList', apiVersion: 'v1', groups });
  }
  if (path === '/api/v1/namespaces/kube-system') {
    if (!rights.kubeSystem) return forbidden('get', 'namespaces', 'in the namespace "kube-system"');
    const metadata = { name: 'kube-system', uid: of.kubeSystemUid };
    return ok({ kind: 'Namespace', apiVersion: 'v1', metadata });
  }
  if (path === `/apis/${GROUP}` && of.versions.length > 0) return ok(group(of.versions));
  return groupAnswer(of, rights, lists, path, query);
}

function groupAnswer(
  of: ManagementCluster,
  rights: Rights,
  lists: Lists,
  path: string,
  query: URLSearchParams,
): Answer {
  const [, version, rest] = path.match(/^\/apis\/k0rdent\.mirantis\.com\/([^/]+)\/(.+)$/) ?? [];
  if (version === undefined || rest === undefined || !of.versions.includes(version)) return noSuchPath();
  if (rest === 'clusterdeployments') return listClusters(of, rights, lists, query);
  if (rest === 'managements') {
    if (!rights.managements) return forbidden('list', `managements.${GROUP}`, 'at the cluster scope');
    return lists.page(of.managements, 'ManagementList', query);
  }
  const [, namespace, name] = rest.match(/^namespaces\/([^/]+)\/clusterdeployments(?:\/([^/]+))?$/) ?? [];
  if (namespace === undefined) return noSuchPath();
  if (name === undefined) return listClusters(of, rights, lists, query, namespace);
  const found = of.clusters.find(
    (item) => item.metadata.namespace === namespace && item.metadata.name === name,
  );
  return found === undefined ? notFound(CLUSTERS, name) : ok(found);
}
