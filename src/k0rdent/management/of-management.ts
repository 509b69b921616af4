import type { ClusterSubject } from '../../model/subject/subject.js';
import type { Observation } from '../observe/observation.js';

/** Reduces an observation to the management cluster of `one`; null keeps all of it. */
export function ofManagement(observation: Observation, one: ClusterSubject | null): Observation {
  if (one === null) return observation;
  const isOwn = ({ management }: { management: string }) => management === one.management;
  return {
    ...observation,
    clusters: observation.clusters.filter(isOwn),
    watchable: observation.watchable.map((other) => (isOwn(other) ? other : { ...other, lists: [] })),
  };
}
