import { ClusterError, type ErrorJson, errorFromJson } from '../../errors.js';
import { maskSecrets } from '../../model/secret/mask-secrets.js';
import type { Identities } from '../../model/subject/management-identity.js';
import type { ClusterDeployment } from '../cluster/cluster-deployment.js';
import { clusterStatus } from '../cluster/cluster-state.js';
import { findingsOf } from '../health/cluster-findings.js';
import { type BesideClusters, readBesideClusters } from '../health/fleet-health.js';
import { type Context, readContext } from '../kubectl/context.js';
import { type ApiBase, discover } from '../kubectl/discover.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { readIdentities } from '../management/identity.js';
import { matchManagement, type RecordedManagement } from '../management/management.js';
import { ambiguousContexts } from '../management/same-management.js';
import { askedOnce } from './asked-once.js';
import { inTurns, type Turns } from './in-turns.js';
import { type ListedCluster, type ListOptions, listClusters } from './list.js';
import { listFacts } from './list-facts.js';
import {
  type ContextObservation,
  type KeptObject,
  type Observation,
  type ObservedCluster,
  subjectOf,
  type Watchable,
} from './observation.js';

export interface ObserveOptions extends Omit<ListOptions, 'contextNamespace'> {
  readonly kubectl: Kubectl;
  /** Contexts to query; if empty, the current one. */
  readonly contexts?: readonly string[];
  /** The management clusters that the state repository lists, each with all its identities. */
  readonly managements: readonly RecordedManagement[];
  /**
   * Contexts that this process queried before. A new context gets the name of one of their clusters only if it is
   * certainly that cluster.
   */
  readonly beside?: readonly Watchable[];
  readonly now: () => Date;
}

/** Maximum number of lists of related objects read in parallel, over all contexts. */
const BESIDE_PARALLEL = 5;

interface ContextResult {
  readonly context: ContextObservation;
  readonly clusters: readonly { observed: ObservedCluster; kept: KeptObject | null }[];
  readonly watchable: Watchable | null;
}

/**
 * Queries each context for its clusters: discovery, identity and the pages of one list, with no request per cluster. A
 * context that fails reports its error alongside the results of the others; if all fail, the first one's ClusterError
 * (exit 17) is thrown, because a failure must never look like an empty fleet. Any other error is thrown at once.
 */
export async function observe(options: ObserveOptions): Promise<Observation> {
  const { kubectl, contexts = [] } = options;
  const asked = contexts.length === 0 ? [kubectl] : [...new Set(contexts)].map((name) => kubectl.in(name));
  const turns = inTurns(BESIDE_PARALLEL);
  const placed = await Promise.all(asked.map((one) => observeContext(one, options, turns)));
  const errorsOf = ambiguousContexts(
    placed.flatMap(({ watchable }) => watchable ?? []),
    options.beside ?? [],
  );
  const results = placed.map((result) => {
    const error = errorsOf.get(result.context.context);
    return error === undefined ? result : failed(result.context, error);
  });
  const errors = results.flatMap(({ context }) => context.error ?? []);
  const [first] = errors;
  if (first !== undefined && errors.length === results.length) throw errorFromJson(first);
  const clusters = new Map<string, ObservedCluster>();
  const objects = new Map<string, KeptObject>();
  for (const { observed, kept } of results.flatMap((result) => result.clusters)) {
    const subject = subjectOf(observed);
    const known = clusters.get(subject);
    if (known !== undefined) {
      // Of two contexts on one cluster, one may be allowed to read more related objects.
      if ((observed.findings?.length ?? 0) > (known.findings?.length ?? 0))
        clusters.set(subject, { ...known, findings: observed.findings });
      continue;
    }
    clusters.set(subject, observed);
    if (kept !== null) objects.set(subject, kept);
  }
  return {
    contexts: results.map(({ context }) => context),
    objects,
    watchable: results.flatMap(({ watchable }) => watchable ?? []),
    clusters: [...clusters].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cluster]) => cluster),
    selected: (options.selector ?? '') !== '',
  };
}

async function observeContext(asked: Kubectl, options: ObserveOptions, turns: Turns): Promise<ContextResult> {
  const now = options.now();
  const nothing: ContextObservation = {
    context: asked.context ?? '',
    management: null,
    identity: null,
    identities: [],
    match: null,
    observedAt: now.toISOString(),
    namespaces: { seen: [], denied: [] },
    k0rdent: null,
    error: null,
  };
  let context = nothing;
  try {
    const place = await readContext(asked);
    context = { ...context, context: place.name };
    // Name the context from here on, so that switching the current context meanwhile does not mix two clusters.
    const kubectl = place.inCluster ? asked : asked.in(place.name);
    const api = await discover(kubectl);
    const listing = listClusters(kubectl, api, { ...options, contextNamespace: place.namespace });
    const once = askedOnce(kubectl);
    const [identities, list, beside] = await Promise.all([
      readIdentities(once, api, place),
      listing,
      options.health ? besideClusters(turns(kubectl), once, api, options.namespace) : null,
    ]);
    context = { ...context, ...known(identities, place) };
    const named = place.inCluster ? undefined : place.name;
    const { name, match } = matchManagement(identities, options.managements, named);
    const items = list.lists.flatMap((one) => one.items);
    const looks = items.flatMap((item) => item.beside?.look ?? []);
    const k0rdent = beside?.health(looks, now) ?? null;
    return {
      context: { ...context, management: name, match, namespaces: list.namespaces, k0rdent },
      clusters: items.map((item) => ({
        observed: listedCluster(item, { management: name, beside, now }),
        kept: item.object === null ? null : { object: item.object, cluster: item.cluster, kubectl, api },
      })),
      watchable: {
        context: place.name,
        management: name,
        identities,
        server: place.server,
        match,
        kubectl,
        lists: list.lists,
      },
    };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return failed(context, error.toJSON());
  }
}

/**
 * Returns the identities of a cluster to show. A pod's address for it is shown but identifies nothing, since many
 * clusters share it.
 */
function known(
  identities: Identities,
  { server }: Context,
): Pick<ContextObservation, 'identity' | 'identities'> {
  return { identity: identities[0] ?? (server === null ? null : `server:${server}`), identities };
}

/** Result for a context that could not be read. */
function failed(context: ContextObservation, error: ErrorJson): ContextResult {
  const unknown = { management: null, match: null, k0rdent: null };
  return { context: { ...context, ...unknown, error }, clusters: [], watchable: null };
}

/** Builds the observed cluster at `now`; secrets are masked. */
export function observedCluster(cluster: ClusterDeployment, management: string, now: Date): ObservedCluster {
  const { namespace, name, template, region, createdAt } = cluster;
  const { state, ready, services, flags } = clusterStatus(cluster, now);
  // The message may quote providers, and those may quote their input.
  const shown = { ...ready, message: ready.message && maskSecrets(ready.message) };
  return {
    management,
    namespace,
    name,
    state,
    ready: shown,
    services,
    template,
    region,
    createdAt,
    flags,
    ...listFacts(cluster, state),
    findings: null,
  };
}

/** Builds the observed cluster of a list, with its findings if related objects were read. */
function listedCluster(
  { cluster, beside: facts }: ListedCluster,
  { management, beside, now }: { management: string; beside: BesideClusters | null; now: Date },
): ObservedCluster {
  const observed = observedCluster(cluster, management, now);
  if (beside === null || facts === undefined) return observed;
  const { namespace, name, region, state } = observed;
  const findings = findingsOf(
    { ...facts, ...{ namespace, name, region, state }, services: cluster.services },
    beside,
  );
  return { ...observed, findings };
}

function besideClusters(
  kubectl: Kubectl,
  once: Kubectl,
  api: ApiBase,
  namespace: string | undefined,
): Promise<BesideClusters> {
  // The same query that identifies the management cluster.
  return readBesideClusters(kubectl, api, {
    namespace,
    managements: () => once.get(`${api}/managements?limit=10`),
  });
}
