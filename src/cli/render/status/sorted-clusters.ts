import type { ClusterState } from '../../../k0rdent/cluster/cluster-state.js';
import { subjectOf } from '../../../k0rdent/observe/observation.js';
import type { JoinedCluster, StatusReport } from '../../../k0rdent/observe/status-report.js';
import type { KgitEvent } from '../../../model/event/event.js';
import { sortedBy } from '../../flags/list-options.js';
import { WORST_FIRST, worstFirst } from './state-words.js';

type Clusters = readonly JoinedCluster<KgitEvent>[];

/** Column headings whose JSON key has another name or is an object. */
const KEYS: Readonly<Record<string, string>> = {
  age: 'createdAt',
  for: 'since',
  services: 'services.ready',
  lastEvent: 'lastEvent.timestamp',
};

/**
 * Sorts clusters by a key of `--sort-by`; `state` puts the worst first. Without a key, people get the worst first, and
 * scripts get the order of names, which does not depend on the states. Throws UsageError for a key that no cluster has.
 */
export function sortedClusters(
  clusters: Clusters,
  key: unknown,
): { readonly forPeople: Clusters; readonly rows: Clusters } {
  if (typeof key !== 'string') return { forPeople: worstFirst(clusters), rows: clusters };
  const known = Object.hasOwn(KEYS, key) ? KEYS[key] : key;
  const rows = sortedBy(clusters, known, (cluster) => {
    return { ...cluster, state: WORST_FIRST.indexOf(cluster.state) };
  });
  return { forPeople: rows, rows };
}

/**
 * Filters a report by states: keeps the clusters in these states and their divergence; everything if `states` is null.
 */
export function onlyInStates(
  { clusters, divergence }: Pick<StatusReport<KgitEvent>, 'clusters' | 'divergence'>,
  states: ReadonlySet<ClusterState> | null,
): Pick<StatusReport<KgitEvent>, 'clusters' | 'divergence'> {
  if (states === null) return { clusters, divergence };
  const shown = clusters.filter(({ state }) => states.has(state));
  const subjects = new Set(shown.map(subjectOf));
  const isShown = ({ management, namespace, name }: (typeof divergence)[number]) =>
    namespace !== null && name !== null && subjects.has(subjectOf({ management, namespace, name }));
  return { clusters: shown, divergence: divergence.filter(isShown) };
}
