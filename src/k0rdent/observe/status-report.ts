import { formatSubject } from '../../model/subject/subject.js';
import { readObject } from '../kubectl/read.js';
import { type Divergence, findDivergence, type LiveCluster, type RecordedCluster } from './divergence.js';
import { type ContextObservation, type Observation, type ObservedCluster, subjectOf } from './observation.js';

/** An observed cluster with its last recorded event. */
export type JoinedCluster<Event> = ObservedCluster & { readonly lastEvent: Event | null };

/** The report of `kgit status`. */
export interface StatusReport<Event> {
  readonly contexts: readonly ContextObservation[];
  readonly clusters: readonly JoinedCluster<Event>[];
  readonly divergence: readonly Divergence[];
}

/** Joins each cluster with its last recorded event, or null if there is none. */
function joinEvents<Event extends { timestamp: string }>(
  clusters: readonly ObservedCluster[],
  recorded: readonly RecordedCluster<Event>[],
): JoinedCluster<Event>[] {
  const last = new Map(recorded.map(({ subject, lastEvent }) => [formatSubject(subject), lastEvent]));
  return clusters.map((cluster) => {
    return { ...cluster, lastEvent: last.get(subjectOf(cluster)) ?? null };
  });
}

/** Builds the report: joins the observation with the record and compares the two. */
export function buildStatus<Event extends { timestamp: string }>(
  observation: Observation,
  recorded: readonly RecordedCluster<Event>[],
): StatusReport<Event> {
  const coverage = observation.contexts.flatMap(({ management, match, namespaces }) =>
    management === null || observation.selected
      ? []
      : [{ management, seen: namespaces.seen, identified: match === 'same' }],
  );
  return {
    contexts: observation.contexts,
    clusters: joinEvents(observation.clusters, recorded),
    divergence: findDivergence(withSpecs(observation), recorded, coverage),
  };
}

function withSpecs({ clusters, objects }: Observation): LiveCluster[] {
  return clusters.map((cluster) => {
    const kept = objects.get(subjectOf(cluster));
    return { ...cluster, spec: kept && readObject(kept.object['spec']) };
  });
}
