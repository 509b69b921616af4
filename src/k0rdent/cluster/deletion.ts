import { type JsonObject, readArray, readObject, readString, readTime } from '../kubectl/read.js';
import { type Conditions, readConditions } from './condition.js';
import { gistOf } from './explanation.js';

/** Progress of the deletion of a cluster. */
export interface Deletion {
  /** RFC 3339. */
  readonly requestedAt: string;
  /** What the deletion waits for, in words. */
  readonly waitingFor: string;
  /** k0rdent's message about it. */
  readonly message: string | null;
  /** Start of that wait, RFC 3339; null if the API does not say, because Deleting keeps its time through all steps. */
  readonly since: string | null;
  /** Finalizers that must be removed before the object is gone. */
  readonly finalizers: readonly string[];
}

/** The steps of a deletion by kcm's reasons, in order. */
const STEPS: Readonly<Record<string, string>> = {
  WaitingForCloudResourcesDeletion: 'load balancers and volumes that the cluster made in the cloud',
  WaitingForHelmReleaseDeletion: 'the Helm release of the cluster',
  WaitingForServiceSetsDeletion: 'the ServiceSets of the cluster',
  WaitingForClusterDataSourceDeletion: 'the ClusterDataSource of the cluster',
  WaitingForClusterDeletion: "the cluster's infrastructure (the Cluster API object of its name)",
  DeletionCompleted: 'the finalizer to be removed',
};

/**
 * Reads the progress of a deletion; null if none was requested. kcm 1.8 and earlier report little, so the finalizers
 * are used instead.
 */
export function readDeletion(object: JsonObject): Deletion | null {
  const metadata = readObject(object['metadata']);
  const requestedAt = readString(metadata['deletionTimestamp']);
  if (requestedAt === null) return null;
  const conditions = readConditions(readObject(object['status'])['conditions']);
  const deleting = conditions.get('Deleting');
  const cloud = conditions.get('CloudResourcesDeletedCondition');
  const cluster = conditions.get('CAPIClusterSummary');
  // kcm 1.8 and earlier report Deleting=False with reason Failed throughout, which is not an error.
  const isFailed = deleting?.status === 'True' && deleting.reason === 'Failed';
  const step = deleting?.status === 'True' ? (deleting.reason ?? '') : '';
  const said = Object.hasOwn(STEPS, step) ? STEPS[step] : undefined;
  const isCloud = cloud !== undefined && cloud.status !== 'True';
  const waitingFor =
    isFailed && !isCloud
      ? 'an error to go away'
      : (said ??
        (isCloud ? STEPS['WaitingForCloudResourcesDeletion'] : undefined) ??
        (cluster?.reason === 'Deleting' ? STEPS['WaitingForClusterDeletion'] : undefined) ??
        'k0rdent, which does not say what it waits for');
  const message = [isCloud ? cloud.message : null, deleting?.message, cluster?.message].find(Boolean) ?? null;
  const since = isCloud
    ? Math.max(cloud.lastTransition ?? 0, readTime(requestedAt) ?? 0)
    : sinceOf(step, readTime(requestedAt) ?? 0, conditions);
  return {
    requestedAt,
    waitingFor: waitingFor ?? '',
    message: message === null ? null : gistOf(message),
    since: since === null ? null : new Date(since).toISOString().replace('.000Z', 'Z'),
    finalizers: readArray(metadata['finalizers']).flatMap((name) => readString(name) ?? []),
  };
}

/**
 * Start of a step in ms since the epoch. Deleting keeps the time of the first step, so another condition supplies it.
 */
function sinceOf(step: string, requested: number, conditions: Conditions): number | null {
  const timeOf = (type: string) => {
    const time = conditions.get(type)?.lastTransition ?? null;
    return time === null || time < requested ? null : time;
  };
  if (step === 'WaitingForCloudResourcesDeletion') return timeOf('Deleting');
  const cluster = conditions.get('CAPIClusterSummary');
  if (cluster?.reason === 'Deleting' && (step === 'WaitingForClusterDeletion' || step === ''))
    return timeOf('CAPIClusterSummary');
  return null;
}
