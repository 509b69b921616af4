import { ofManagement } from '../../k0rdent/management/of-management.js';
import type { Observation } from '../../k0rdent/observe/observation.js';
import { buildStatus, type StatusReport } from '../../k0rdent/observe/status-report.js';
import type { KgitEvent } from '../../model/event/event.js';
import { type ClusterSubject, formatSubject } from '../../model/subject/subject.js';
import type { ClusterRecord } from '../../store/read/cluster-records.js';
import type { ExplainedCluster, Observer, Wanted } from './observer.js';

/** Which clusters a status is about. */
export interface StatusQuery extends Pick<Wanted, 'namespace' | 'selector' | 'health'> {
  /** The only cluster that is asked for; null for all. */
  readonly one: ClusterSubject | null;
}

/** How much to tell about a single cluster. */
export interface Explanation {
  /** Maximum number of recorded events, and of the cluster's own, in its timeline. */
  readonly limit: number;
  /** Whether to also fetch the objects that the cluster depends on and consists of. */
  readonly withParts: boolean;
}

export interface ClusterLook {
  /** Records of the clusters that are asked for. */
  readonly records: readonly ClusterRecord[];
  readonly observation: Observation;
}

/**
 * Reads the records of the wanted clusters and queries k0rdent for them. Throws ClusterError.
 * @param stop ends the queries; without it they end at the timeout of the settings
 */
export async function lookAtClusters(
  observer: Observer,
  { one, ...wanted }: StatusQuery,
  stop?: AbortSignal,
): Promise<ClusterLook> {
  const records = await observer.records(one);
  const observation = await observer.observe(records, { ...wanted, name: one?.name }, stop);
  return { records, observation: ofManagement(observation, one) };
}

export interface ReportedStatus {
  readonly report: StatusReport<KgitEvent>;
  readonly records: readonly ClusterRecord[];
  /** Details of a single cluster; null if all were asked for, or it is not live. */
  readonly explained: ExplainedCluster | null;
}

/**
 * Reports live clusters beside what is recorded, and explains a single one.
 * @throws ClusterError
 * @throws NotFoundError if a single cluster is neither live nor recorded
 */
export async function reportStatus(
  observer: Observer,
  query: StatusQuery,
  { limit, withParts }: Explanation,
): Promise<ReportedStatus> {
  const { records, observation } = await lookAtClusters(observer, query);
  const report = buildStatus<KgitEvent>(observation, records);
  const { one } = query;
  if (one === null) return { report, records, explained: null };
  const kept = observation.objects.get(formatSubject(one));
  if (kept) return { report, records, explained: await observer.explain(one, kept, limit, withParts) };
  // A cluster that is neither live nor recorded is a mistake, unless one of several contexts could not be queried.
  const isUnknown =
    records.every(({ lastEvent }) => lastEvent === null) && report.contexts.every(({ error }) => !error);
  if (isUnknown) throw await observer.notKnown(one);
  return { report, records, explained: null };
}
