import type { Rights } from './access.js';
import { inOrder, type Lists } from './lists.js';
import type { KubeObject } from './objects.js';
import { type Answer, badField, forbidden, noSuchPath, notFound } from './status.js';

const GROUP = 'k0rdent.mirantis.com';
const CLUSTERS = `clusterdeployments.${GROUP}`;

/** A request as received by the server. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

/** The contents of the management cluster; may be changed between requests. */
export interface ManagementCluster {
  clusters: readonly KubeObject[];
  managements: readonly KubeObject[];
  /** Objects of any other kind: events, credentials, machines. */
  others: readonly KubeObject[];
  kubeSystemUid: string;
  /** Served versions of the k0rdent group, preferred first; empty if k0rdent is not installed. */
  versions: readonly string[];
}

const ok = (body: unknown): Answer => ({ code: 200, body });

function group(versions: readonly string[]): Record<string, unknown> {
  const entries = versions.map((version) => ({ groupVersion: `${GROUP}/${version}`, version }));
  return { kind: 'APIGroup', apiVersion: 'v1', name: GROUP, versions: entries, preferredVersion: entries[0] };
}

/** Metadata of the namespace that every cluster has from its creation on. */
const KUBE_SYSTEM = { resourceVersion: '25', creationTimestamp: '2026-01-01T00:00:00Z' };

function listClusters(
  of: ManagementCluster,
  rights: Rights,
  lists: Lists,
  query: URLSearchParams,
  { version, ns }: { readonly version: string; readonly ns?: string },
): Answer {
  const allowed = rights.clusters === '*' || (ns !== undefined && rights.clusters.includes(ns));
  if (!allowed) {
    return forbidden(
      query.has('watch') ? 'watch' : 'list',
      CLUSTERS,
      ns === undefined ? 'at the cluster scope' : `in the namespace "${ns}"`,
    );
  }
  const field = (query.get('fieldSelector') ?? '').split(/[=,]/, 1)[0] ?? '';
  if (field !== '' && !/^metadata\.(name|namespace)$/.test(field)) return badField(field);
  const items = inOrder(of.clusters).filter((item) => ns === undefined || item.metadata.namespace === ns);
  return lists.page(items, { kind: 'ClusterDeploymentList', apiVersion: `${GROUP}/${version}` }, query);
}

/** Answers one request of a client that has `rights`. */
export function answer(
  of: ManagementCluster,
  rights: Rights,
  lists: Lists,
  request: ReceivedRequest,
): Answer {
  const { path, query } = request;
  if (path === '/version') return ok({ major: '1', minor: '32', gitVersion: 'v1.32.4' });
  if (path === '/api') return ok({ kind: 'APIVersions', versions: ['v1'] });
  if (path === '/apis') {
    const groups = of.versions.length === 0 ? [] : [group(of.versions)];
    return ok({ kind: 'APIGroupList', apiVersion: 'v1', groups });
  }
  if (path === '/api/v1/namespaces/kube-system') {
    if (!rights.kubeSystem)
      return forbidden('get', 'namespaces', 'in the namespace "kube-system"', 'kube-system');
    const metadata = { name: 'kube-system', uid: of.kubeSystemUid, ...KUBE_SYSTEM };
    return ok({ kind: 'Namespace', apiVersion: 'v1', metadata });
  }
  if (path === `/apis/${GROUP}` && of.versions.length > 0) return ok(group(of.versions));
  if (path === REVIEWS) return review(rights, request.body);
  const other = otherAnswer(of, rights, lists, path, query);
  return other ?? groupAnswer(of, rights, lists, path, query);
}

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** Answers a SelfSubjectAccessReview. */
function review(rights: Rights, body: string): Answer {
  const { spec } = JSON.parse(body) as { spec: { resourceAttributes: Record<string, string> } };
  const { resource, namespace } = spec.resourceAttributes;
  const allowed =
    resource === 'clusterdeployments'
      ? rights.clusters === '*' || rights.clusters.includes(namespace ?? '')
      : resource === 'managements'
        ? rights.managements
        : rights.others;
  const kind = 'SelfSubjectAccessReview';
  const answered = { apiVersion: 'authorization.k8s.io/v1', kind, metadata: {}, spec, status: { allowed } };
  return { code: 201, body: answered };
}

const pluralOf = (kind: string) => `${kind.toLowerCase()}s`;

const SVELTOS = 'lib.projectsveltos.io/v1beta1';

/** The kinds that are served even if no object of them exists; Region came after v1alpha1. */
function servedKinds(base: string, versions: readonly string[]): readonly string[] {
  if (base === SVELTOS && versions.length > 0) return ['SveltosCluster'];
  const [version = ''] = versions.filter((one) => base === `${GROUP}/${one}`);
  if (version === '') return [];
  const kinds = ['Credential', 'MultiClusterService', 'AccessManagement'];
  return version === 'v1alpha1' ? kinds : ['Region', ...kinds];
}

/** Answers requests for groups, lists and objects of the other kinds; undefined for any other path. */
function otherAnswer(
  { others, versions: served }: ManagementCluster,
  rights: Rights,
  lists: Lists,
  path: string,
  query: URLSearchParams,
): Answer | undefined {
  const known = [...others.map(({ apiVersion }) => apiVersion), ...(served.length > 0 ? [SVELTOS] : [])];
  const versions = known.flatMap((apiVersion) =>
    path === `/apis/${apiVersion.split('/')[0]}` ? [apiVersion] : [],
  );
  const [groupVersion] = versions;
  if (groupVersion?.includes('/')) {
    const [name = '', version = ''] = groupVersion.split('/');
    const entry = { groupVersion, version };
    return ok({ kind: 'APIGroup', apiVersion: 'v1', name, versions: [entry], preferredVersion: entry });
  }
  const [, base, namespace, plural = '', name] =
    path.match(/^\/(?:api|apis)\/((?:[^/]+\/)?v\w+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?$/) ?? [];
  if (base === undefined) return undefined;
  const kind =
    servedKinds(base, served).find((one) => pluralOf(one) === plural) ??
    others.find((one) => one.apiVersion === base && pluralOf(one.kind) === plural)?.kind;
  if (kind === undefined && plural !== 'events') return undefined;
  const scope = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const resource = base.includes('/') ? `${plural}.${base.split('/')[0]}` : plural;
  if (!rights.others) return forbidden('list', resource, scope);
  const isWanted = (one: KubeObject) =>
    one.metadata.namespace === namespace || (namespace === undefined && name === undefined);
  const found = others.filter(
    (one) => one.apiVersion === base && pluralOf(one.kind) === plural && isWanted(one),
  );
  if (name === undefined)
    return lists.page(found, { kind: `${kind ?? 'Event'}List`, apiVersion: base }, query);
  const object = found.find((one) => one.metadata.name === name);
  return object === undefined ? notFound(plural, name) : ok(object);
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
  if (rest === 'clusterdeployments') return listClusters(of, rights, lists, query, { version });
  if (rest === 'managements') {
    if (!rights.managements) return forbidden('list', `managements.${GROUP}`, 'at the cluster scope');
    return lists.page(of.managements, { kind: 'ManagementList', apiVersion: `${GROUP}/${version}` }, query);
  }
  const [, namespace, name] = rest.match(/^namespaces\/([^/]+)\/clusterdeployments(?:\/([^/]+))?$/) ?? [];
  if (namespace === undefined) return noSuchPath();
  if (name === undefined) return listClusters(of, rights, lists, query, { version, ns: namespace });
  if (rights.clusters !== '*' && !rights.clusters.includes(namespace))
    return forbidden('get', CLUSTERS, `in the namespace "${namespace}"`, name);
  const found = of.clusters.find(
    (item) => item.metadata.namespace === namespace && item.metadata.name === name,
  );
  return found === undefined ? notFound(CLUSTERS, name) : ok(found);
}
