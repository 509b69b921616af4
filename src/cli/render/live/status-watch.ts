import type { WatchView } from '../../../app/observe/watch-clusters.js';
import { buildStatus } from '../../../k0rdent/observe/status-report.js';
import type { KgitEvent } from '../../../model/event/event.js';
import type { ClusterRecord } from '../../../store/read/cluster-records.js';
import { onlyInStates, sortedClusters } from '../status/sorted-clusters.js';
import { type StatusView, statusResult } from '../status/status-result.js';
import { beginRows } from '../status/transition-lines.js';
import { type LiveOptions, LiveView } from './live-view.js';
import { type LinesOptions, linesView } from './watch-view.js';

/** Creates the live table of `kgit status --watch`. */
export function liveStatus(
  { states, sortBy, labels }: StatusView,
  terminal: Omit<LiveOptions, 'labels' | 'arranged'>,
): LiveView {
  return new LiveView({
    ...terminal,
    labels,
    arranged: (clusters) =>
      sortedClusters(onlyInStates({ clusters, divergence: [] }, states).clusters, sortBy).forPeople,
  });
}

/** Creates the view of `kgit status --watch` that prints a table, then a line for each transition. */
export function statusLinesView(
  view: StatusView,
  recorded: readonly ClusterRecord[],
  output: Pick<LinesOptions, 'now' | 'print' | 'note'>,
): WatchView {
  const { states } = view;
  return linesView({
    ...output,
    wants: (state) => states === null || (state !== null && states.has(state)),
    begin: (observation) => {
      const report = buildStatus<KgitEvent>(observation, recorded);
      const now = output.now();
      const rows = beginRows({ ...observation, ...onlyInStates(report, states) }, now);
      return output.print({ ...statusResult(report, { ...view, now }), rows });
    },
  });
}
