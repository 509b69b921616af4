import type { ContextObservation } from '../../k0rdent/observe/observation.js';
import { joinStatus, type StatusReport } from '../../k0rdent/observe/status-report.js';
import type { KgitEvent } from '../../model/event/event.js';
import type { ClusterRecord } from '../../store/read/cluster-records.js';
import type { LiveFleet } from '../observe/live-fleet.js';
import type { Proof } from './divergence-news.js';

/**
 * Joins the live clusters with their records. While no context of a management cluster can be watched, its divergence
 * stays as it was last seen: a record that changes meanwhile says nothing about clusters that nobody sees.
 * @param before the report before this one
 */
export function fleetReport(
  fleet: Pick<LiveFleet, 'clusters' | 'specOf'>,
  contexts: readonly ContextObservation[],
  records: readonly ClusterRecord[],
  before: StatusReport<KgitEvent>,
): StatusReport<KgitEvent> {
  const report = joinStatus(
    { contexts, clusters: fleet.clusters, selected: false },
    (cluster) => fleet.specOf(cluster),
    records,
  );
  const { watched } = proofOf(contexts);
  const isWatched = ({ management }: { readonly management: string }) => watched.has(management);
  const kept = before.divergence.filter((one) => !isWatched(one));
  return { ...report, divergence: [...report.divergence.filter(isWatched), ...kept] };
}

/** Returns what the contexts that answer can prove. */
export function proofOf(contexts: readonly ContextObservation[]): Proof {
  const answering = contexts.filter(({ error, management }) => error === null && management !== null);
  return {
    watched: new Set(answering.flatMap(({ management }) => management ?? [])),
    covers: (management, namespace) =>
      answering.some(
        ({ management: own, match, namespaces: { seen } }) =>
          own === management &&
          match === 'same' &&
          (seen === '*' || (namespace !== null && seen.includes(namespace))),
      ),
  };
}
