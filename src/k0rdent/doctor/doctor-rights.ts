import { type Check, finding, passed } from '../../model/value/check.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { readObject } from '../kubectl/read.js';

/** One rule of docs/rbac.yaml, and what it allows kgit to do. */
interface Rule {
  readonly group: string;
  readonly resource: string;
  readonly verb: 'list' | 'watch';
  /** Whether `kgit status` cannot work without it. */
  readonly isNeeded?: boolean;
  /** Whether the resource is cluster-scoped, so that a right in a namespace does not help. */
  readonly isGlobal?: boolean;
}

const K0RDENT = 'k0rdent.mirantis.com';
export const RULES: readonly Rule[] = [
  { group: K0RDENT, resource: 'clusterdeployments', verb: 'list', isNeeded: true },
  { group: K0RDENT, resource: 'clusterdeployments', verb: 'watch' },
  { group: K0RDENT, resource: 'managements', verb: 'list', isGlobal: true },
  { group: K0RDENT, resource: 'credentials', verb: 'list' },
  { group: K0RDENT, resource: 'clustertemplates', verb: 'list' },
  { group: K0RDENT, resource: 'servicesets', verb: 'list' },
  { group: K0RDENT, resource: 'multiclusterservices', verb: 'list', isGlobal: true },
  { group: K0RDENT, resource: 'regions', verb: 'list', isGlobal: true },
  { group: K0RDENT, resource: 'accessmanagements', verb: 'list', isGlobal: true },
  { group: '', resource: 'events', verb: 'list' },
  { group: 'cluster.x-k8s.io', resource: 'clusters', verb: 'list' },
  { group: 'cluster.x-k8s.io', resource: 'machines', verb: 'list' },
  { group: 'cluster.x-k8s.io', resource: 'machinepools', verb: 'list' },
  { group: 'helm.toolkit.fluxcd.io', resource: 'helmreleases', verb: 'list' },
  { group: 'lib.projectsveltos.io', resource: 'sveltosclusters', verb: 'list' },
];
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
/** Maximum number of parallel reviews; each is a kubectl process. */
const PARALLEL = 4;

/**
 * Asks the API server which rules of docs/rbac.yaml the user has, in all namespaces or at least in the context's.
 * Throws ClusterError.
 */
export async function checkRights(kubectl: Kubectl, namespace: string | null): Promise<Check> {
  const answers: { rule: Rule; where: 'all' | 'namespace' | null }[] = [];
  for (let start = 0; start < RULES.length; start += PARALLEL) {
    const rules = RULES.slice(start, start + PARALLEL);
    const found = await Promise.all(rules.map((rule) => whereAllowed(kubectl, rule, namespace)));
    answers.push(...rules.map((rule, i) => ({ rule, where: found[i] ?? null })));
  }
  const named = (rows: typeof answers) =>
    rows.map(({ rule: { verb, resource } }) => `${verb} ${resource}`).join(', ');
  const all = answers.filter(({ where }) => where === 'all');
  const some = answers.filter(({ where }) => where === 'namespace');
  const denied = answers.filter(({ where }) => where === null);
  const detail = [
    ...(all.length > 0 ? [`everywhere: ${named(all)}`] : []),
    ...(some.length > 0 ? [`in namespace ${namespace} alone: ${named(some)}`] : []),
    ...(denied.length > 0 ? [`denied: ${named(denied)}`] : []),
  ].join('; ');
  if (denied.every(({ rule }) => !rule.isNeeded)) return passed('rights', detail);
  return finding(
    'rights',
    detail,
    'Ask for the ClusterRole in docs/rbac.yaml; its first rule is enough for kgit status',
  );
}

async function whereAllowed(
  kubectl: Kubectl,
  rule: Rule,
  namespace: string | null,
): Promise<'all' | 'namespace' | null> {
  if (await mayI(kubectl, rule, null)) return 'all';
  if (rule.isGlobal || namespace === null) return null;
  return (await mayI(kubectl, rule, namespace)) ? 'namespace' : null;
}

async function mayI(
  kubectl: Kubectl,
  { group, resource, verb }: Rule,
  namespace: string | null,
): Promise<boolean> {
  const answer = readObject(
    await kubectl.ask(REVIEWS, {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { group, resource, verb, ...(namespace === null ? {} : { namespace }) } },
    }),
  );
  return readObject(answer['status'])['allowed'] === true;
}
