import type { ClusterDeployment } from './cluster-deployment.js';
import type { Condition, Conditions } from './condition.js';
import { type ServiceSummary, summarizeServices } from './services.js';

/** The states of a cluster, in the order in which the documentation explains them. */
export const CLUSTER_STATES = [
  'New',
  'Provisioning',
  'Updating',
  'Ready',
  'ServicesPending',
  'ServicesFailed',
  'Failed',
  'Paused',
  'Deleting',
  'DeleteFailing',
  'DryRunValid',
  'DryRunInvalid',
] as const;
export type ClusterState = (typeof CLUSTER_STATES)[number];

/** The states from which a cluster does not recover by itself. */
export const FAILED_STATES: readonly ClusterState[] = [
  'Failed',
  'ServicesFailed',
  'DeleteFailing',
  'DryRunInvalid',
];

/**
 * `stale`: kcm has not seen the latest spec, so the state refers to an older one. `dry-run`: the spec asks for a dry
 * run. `paused`: the Region is paused, so kcm does nothing, whatever the state. `reinstall-warning`: applying the dry
 * run would uninstall the cluster's chart and install it anew.
 */
export const CLUSTER_FLAGS = ['stale', 'dry-run', 'paused', 'reinstall-warning'] as const;
export type ClusterFlag = (typeof CLUSTER_FLAGS)[number];

export interface ClusterStatus {
  readonly state: ClusterState;
  readonly flags: readonly ClusterFlag[];
  /** The aggregate condition Ready; its fields are null until it exists. */
  readonly ready: {
    readonly status: Condition['status'] | null;
    readonly reason: string | null;
    readonly message: string | null;
  };
  readonly services: { readonly ready: number; readonly total: number };
}

/** kcm 1.9 and later report a cluster as failed once its infrastructure has not been ready for this long. */
const CLUSTER_FAILED_AFTER_MS = 30 * 60 * 1000;

/** What a False condition is about; any condition not listed here blocks reconciliation. */
const SUBJECT_OF: Readonly<Record<string, 'aggregate' | 'cluster' | 'services' | 'nothing'>> = {
  Ready: 'aggregate',
  CAPIClusterSummary: 'cluster',
  SveltosClusterReady: 'cluster', // kcm 1.2 and earlier
  ServicesInReadyState: 'services',
  SveltosProfileReady: 'services', // kcm 1.2 and earlier
  FetchServicesStatusSuccess: 'services', // kcm 1.2 and earlier
  Paused: 'nothing', // False is the normal NotPaused
  HelmChartNameChanged: 'nothing', // True is the warning
  Deleting: 'nothing', // without a deletion timestamp it says nothing
  CloudResourcesDeletedCondition: 'nothing',
};

/** Derives the status of a cluster at `now` by kcm's own rules for Ready and its sub-conditions. */
export function clusterStatus(cluster: ClusterDeployment, now: Date): ClusterStatus {
  const services = summarizeServices(cluster.wantedServices, cluster.services);
  const ready = cluster.conditions.get('Ready');
  return {
    state: clusterState(cluster, services, now),
    flags: clusterFlags(cluster),
    ready: { status: ready?.status ?? null, reason: ready?.reason ?? null, message: ready?.message ?? null },
    services: { ready: services.ready, total: services.total },
  };
}

/**
 * When a cluster counts as failed because its infrastructure is not ready, in ms since the epoch; null if the
 * infrastructure is ready or another condition blocks the cluster.
 */
export function failedSince({ conditions }: Pick<ClusterDeployment, 'conditions'>): number | null {
  if (anyFalse(conditions, 'blocking')) return null;
  const times = falseConditions(conditions, 'cluster').flatMap(({ lastTransition }) => lastTransition ?? []);
  return times.length === 0 ? null : Math.min(...times) + CLUSTER_FAILED_AFTER_MS;
}

/** Whether the cluster is being deleted. */
export function isBeingDeleted(state: ClusterState): boolean {
  return state === 'Deleting' || state === 'DeleteFailing';
}

/** Whether the state is that of a dry run that was never applied. */
export function isDryRun(state: ClusterState | null): boolean {
  return state === 'DryRunValid' || state === 'DryRunInvalid';
}

function clusterFlags(cluster: ClusterDeployment): ClusterFlag[] {
  const flags: ClusterFlag[] = [];
  if ((cluster.generation ?? 0) > (cluster.observedGeneration ?? 0)) flags.push('stale');
  if (cluster.dryRun) flags.push('dry-run');
  if (cluster.conditions.get('Paused')?.status === 'True') flags.push('paused');
  if (cluster.conditions.get('HelmChartNameChanged')?.status === 'True') flags.push('reinstall-warning');
  return flags;
}

function clusterState(cluster: ClusterDeployment, services: ServiceSummary, now: Date): ClusterState {
  const { conditions } = cluster;
  if (cluster.deletionRequested) {
    return isDeletionFailing(conditions) ? 'DeleteFailing' : 'Deleting';
  }
  const ready = conditions.get('Ready');
  if (ready === undefined) return 'New';
  if (conditions.get('Paused')?.status === 'True') return 'Paused';
  if (cluster.dryRun && !isDeployed(conditions)) return dryRunState(conditions, ready);
  if (ready.status === 'True' && isReleased(conditions))
    return services.missing ? 'ServicesPending' : 'Ready';
  if (ready.status !== 'False') return wasUp(cluster) ? 'Updating' : 'Provisioning';
  return notReadyState(conditions, ready, services, now);
}

function notReadyState(
  conditions: Conditions,
  ready: Condition,
  services: ServiceSummary,
  now: Date,
): ClusterState {
  if (anyFalse(conditions, 'blocking')) return 'Failed';
  const clusterIssues = falseConditions(conditions, 'cluster');
  if (now.getTime() > (failedSince({ conditions }) ?? Number.POSITIVE_INFINITY)) return 'Failed';
  if (clusterIssues.length > 0) return isUpgraded(conditions) ? 'Updating' : 'Provisioning';
  if (services.failed) return 'ServicesFailed';
  if (anyFalse(conditions, 'services') || services.ready < services.total) return 'ServicesPending';
  if (ready.reason === 'Failed') return 'Failed';
  return isUpgraded(conditions) ? 'Updating' : 'Provisioning';
}

/**
 * State of a dry run that was never applied: Ready only says whether the spec is valid, and services are never
 * deployed.
 */
function dryRunState(conditions: Conditions, ready: Condition): ClusterState {
  if (anyFalse(conditions, 'blocking')) return 'DryRunInvalid';
  if (ready.status === 'True' || (ready.status === 'False' && anyFalse(conditions, 'services')))
    return 'DryRunValid';
  return ready.status === 'False' ? 'DryRunInvalid' : 'New';
}

type Speaks = 'blocking' | 'aggregate' | 'cluster' | 'services' | 'nothing';

function falseConditions(conditions: Conditions, of: Speaks): Condition[] {
  const speaksOf = (type: string): Speaks =>
    Object.hasOwn(SUBJECT_OF, type) ? (SUBJECT_OF[type] ?? 'blocking') : 'blocking';
  return [...conditions.values()].filter(({ type, status }) => status === 'False' && speaksOf(type) === of);
}

function anyFalse(conditions: Conditions, of: Speaks): boolean {
  return falseConditions(conditions, of).length > 0;
}

/**
 * Whether a deletion fails. kcm 1.9 and later report it in Deleting; 1.4 to 1.8 only in the condition of the cloud
 * resources.
 */
function isDeletionFailing(conditions: Conditions): boolean {
  const deleting = conditions.get('Deleting');
  // kcm 1.8 and earlier report Deleting=False with reason Failed throughout; only True means a failure.
  const step = deleting?.status === 'True' ? deleting.reason : null;
  if (step === 'Failed') return true;
  const cloud = conditions.get('CloudResourcesDeletedCondition');
  const isPast = step !== null && step !== 'WaitingForCloudResourcesDeletion';
  return !isPast && cloud?.status === 'False' && cloud.reason === 'Failed';
}

/** The conditions that every kcm version reports before it handles the Helm release. */
const STEPS_BEFORE = ['CredentialReady', 'TemplateReady', 'HelmChartReady'];

/**
 * Whether the cluster's Helm release is ready, judging by the steps that kcm reports. Ready only aggregates the
 * conditions that exist, so before the first full pass, and while an address is being claimed, it is True with nothing
 * deployed.
 */
export function isReleased(conditions: ReadonlyMap<string, Pick<Condition, 'status'>>): boolean {
  const release = conditions.get('HelmReleaseReady');
  if (release !== undefined) return release.status === 'True';
  return !STEPS_BEFORE.some((type) => conditions.has(type));
}

/** Whether the cluster's Helm release was ever written; kcm first sets HelmReleaseReady to Unknown without a message. */
export function isDeployed(conditions: Conditions): boolean {
  const release = conditions.get('HelmReleaseReady');
  const initial = release?.status === 'Unknown' && release.message === null;
  return conditions.has('CAPIClusterSummary') || (release !== undefined && !initial);
}

/** Whether the last successful Helm action was an upgrade; a cluster that is not ready is then being updated. */
function isUpgraded(conditions: Conditions): boolean {
  return conditions.get('HelmReleaseReady')?.reason === 'UpgradeSucceeded';
}

/** Whether anything shows that the cluster was up before; the API does not report upgrades. */
function wasUp({ conditions, services }: ClusterDeployment): boolean {
  const release = conditions.get('HelmReleaseReady');
  return (
    isUpgraded(conditions) ||
    /\bupgrade\b/.test(release?.message ?? '') ||
    conditions.get('CAPIClusterSummary')?.status === 'True' ||
    (services.shape === 'services' && services.services.some(({ state }) => state === 'Deployed'))
  );
}
