import { maskSecrets } from '../../model/secret/mask-secrets.js';
import { masked } from '../../model/secret/masked.js';
import { readArray, readObject, readString } from '../kubectl/read.js';
import type { KeptObject } from '../observe/observation.js';
import { type ClusterState, clusterStatus } from './cluster-state.js';
import { type Contradiction, contradictionsOf } from './contradictions.js';
import { type Deletion, readDeletion } from './deletion.js';
import { type ExplainedCondition, explainConditions, gistOf, unreleasedWords } from './explanation.js';
import { type KubeEvent, readKubeEvents } from './kube-events.js';
import { type RelatedObject, readRelated, sveltos } from './related.js';
import { isUnreachable } from './related-state.js';
import { readServiceDetails, type ServiceDetail } from './service-details.js';

/** The best single explanation of a state. */
export interface Cause {
  /** The condition, service or deletion that is the source. */
  readonly from: string;
  readonly message: string;
}

/** Everything that k0rdent reports about one cluster; secrets are masked throughout. */
export interface ClusterDetail {
  /** Null if there is nothing to explain; for a Ready cluster, the evidence against Ready. */
  readonly cause: Cause | null;
  /** Disagreements between k0rdent and the objects below it. */
  readonly contradictions: readonly Contradiction[];
  readonly deletion: Deletion | null;
  /** Problems first, in the order in which kcm works. */
  readonly conditions: readonly ExplainedCondition[];
  readonly services: readonly ServiceDetail[];
  readonly upgrades: readonly string[];
  readonly kubernetesVersion: string | null;
  readonly credential: string | null;
  readonly config: unknown;
  /** Null if the user may not read them. */
  readonly events: readonly KubeEvent[] | null;
  /** Related objects fetched to explain more; null if not requested. */
  readonly related: readonly RelatedObject[] | null;
}

export interface DetailOptions {
  readonly now: Date;
  /** Whether to fetch the objects that the cluster depends on and consists of. */
  readonly explain: boolean;
}

/**
 * Reads the details of one cluster: its own object, its events, and on request the related objects. Throws
 * ClusterError.
 */
export async function readClusterDetail(kept: KeptObject, options: DetailOptions): Promise<ClusterDetail> {
  const { object, cluster, kubectl, api } = kept;
  const { namespace, name, uid, template, region, createdAt } = cluster;
  const spec = readObject(object['spec']);
  const status = readObject(object['status']);
  const credential = readString(spec['credential']);
  const of = { namespace, name, uid, since: createdAt === null ? 0 : Date.parse(createdAt) };
  const { state } = clusterStatus(cluster, options.now);
  const hasInfrastructure = cluster.conditions.has('CAPIClusterSummary');
  const isAdopted = state === 'Ready' && !hasInfrastructure && region === null;
  const [events, related, answering] = await Promise.all([
    readKubeEvents(kubectl, of),
    options.explain
      ? readRelated(kubectl, api, {
          namespace,
          name,
          template,
          region,
          credential,
          hasInfrastructure,
        })
      : null,
    isAdopted && !options.explain ? sveltos(kubectl, of) : null,
  ]);
  const conditions = explainConditions(cluster.conditions, state);
  const services = readServiceDetails(object);
  const deletion = readDeletion(object);
  return withoutSecrets({
    cause: causeOf(state, conditions, services, deletion) ?? unreachable(related ?? answering),
    contradictions: contradictionsOf(cluster, state, services, related),
    deletion,
    conditions,
    services,
    upgrades: readArray(status['availableUpgrades']).flatMap((word) => readString(word) ?? []),
    kubernetesVersion: readString(status['k8sVersion']),
    credential,
    config: masked(spec['config'] ?? null, ['config']),
    events,
    related,
  });
}

/**
 * Finds the cause of a state: the step at which a deletion hangs, the first failing condition, or the failed service.
 */
export function causeOf(
  state: ClusterState,
  conditions: readonly ExplainedCondition[],
  services: readonly ServiceDetail[],
  deletion: Deletion | null,
): Cause | null {
  if (deletion !== null) {
    const says = deletion.message === null ? '' : `: ${deletion.message}`;
    return { from: 'Deleting', message: `waits for ${deletion.waitingFor}${says}` };
  }
  if (state === 'Ready' || state === 'DryRunValid') return null;
  if (state === 'New') return { from: 'Ready', message: 'k0rdent has not reported on it yet' };
  const first = conditions.find(
    ({ meaning, type }) => meaning !== 'fine' && meaning !== 'warning' && type !== 'Ready',
  );
  const slow = services.find((service) => service.state !== 'Deployed');
  const isOfServices = first === undefined || /^(Services|SveltosProfile|FetchServices)/.test(first.type);
  if (isOfServices && slow !== undefined) {
    const says = slow.message === null ? '' : `: ${slow.message}`;
    return { from: `service ${slow.namespace}/${slow.name}`, message: `${slow.state}${says}` };
  }
  const unreleased =
    first === undefined ? unreleasedWords(new Map(conditions.map((one) => [one.type, one])), state) : null;
  if (unreleased !== null) return { from: 'HelmReleaseReady', message: unreleased };
  const said = first ?? conditions.find(({ type }) => type === 'Ready');
  if (said === undefined) return null;
  const words = said.message === null ? '' : gistOf(said.message);
  return { from: said.type, message: words || said.reason || said.status };
}

/**
 * k0rdent reports an adopted cluster as ready once its chart is installed; only its SveltosCluster shows whether it
 * answers.
 */
function unreachable(related: readonly RelatedObject[] | null): Cause | null {
  const cut = related?.find((one) => one.kind === 'SveltosCluster' && isUnreachable(one));
  return cut === undefined
    ? null
    : { from: 'SveltosCluster', message: [cut.state, ...cut.problems.slice(0, 1)].join(': ') };
}

/** Masks secrets in messages: providers may quote their input. */
function withoutSecrets(detail: ClusterDetail): ClusterDetail {
  const clean = <T extends { readonly message: string | null }>(item: T): T => ({
    ...item,
    message: item.message && maskSecrets(item.message),
  });
  const { cause, contradictions, deletion, conditions, services, events, related } = detail;
  return {
    ...detail,
    cause: cause && clean(cause),
    contradictions: contradictions.map(clean),
    deletion: deletion && clean(deletion),
    conditions: conditions.map(clean),
    services: services.map((service) => ({
      ...clean(service),
      conflict: service.conflict && maskSecrets(service.conflict),
    })),
    events: events === null ? null : events.map(clean),
    related:
      related === null
        ? null
        : related.map((object) => ({ ...object, problems: object.problems.map(maskSecrets) })),
  };
}

/** Returns the cause of the state; null if a contradiction of a Ready cluster already says it. */
export function ownCause(
  { cause, contradictions }: ClusterDetail,
  state: ClusterState | undefined,
): Cause | null {
  return state === 'Ready' && contradictions.some(({ from }) => from === cause?.from) ? null : cause;
}
