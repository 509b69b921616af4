import { formatSubject } from '../../model/subject/subject.js';
import { type JsonObject, readObject } from '../kubectl/read.js';
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
  const specOf = (cluster: ObservedCluster) => {
    const kept = observation.objects.get(subjectOf(cluster));
    return kept && readObject(kept.object['spec']);
  };
  return joinStatus(observation, specOf, recorded);
}

/** As `buildStatus`. @param specOf returns the spec of a cluster whose recorded parameters are compared with it */
export function joinStatus<Event extends { timestamp: string }>(
  { contexts, clusters, selected }: Pick<Observation, 'contexts' | 'clusters' | 'selected'>,
  specOf: (cluster: ObservedCluster) => JsonObject | undefined,
  recorded: readonly RecordedCluster<Event>[],
): StatusReport<Event> {
  const coverage = contexts.flatMap(({ management, match, namespaces }) =>
    management === null || selected
      ? []
      : [{ management, seen: namespaces.seen, identified: match === 'same' }],
  );
  const live = clusters.map((cluster): LiveCluster => ({ ...cluster, spec: specOf(cluster) }));
  return {
    contexts,
    clusters: joinEvents(clusters, recorded),
    divergence: findDivergence(live, recorded, coverage),
  };
}
