import type { ExplainedCluster } from '../../../app/observe/observer.js';
import { EXIT_CODES } from '../../../errors.js';
import type { ClusterState } from '../../../k0rdent/cluster/cluster-state.js';
import { subjectOf } from '../../../k0rdent/observe/observation.js';
import type { StatusReport } from '../../../k0rdent/observe/status-report.js';
import type { KgitEvent } from '../../../model/event/event.js';
import type { CommandResult } from '../../../terminal/output.js';
import { statusJson } from '../json/status-json.js';
import { clusterLines } from './cluster-lines.js';
import { onlyInStates, sortedClusters } from './sorted-clusters.js';
import { contextLines, divergenceLines, statusLines } from './status-lines.js';
import { statusMetrics } from './status-metrics.js';

/** How to show a report. */
export interface StatusView {
  /** The requested states; null for all. */
  readonly states: ReadonlySet<ClusterState> | null;
  readonly sortBy: string | undefined;
  /** Label keys that get a column each. */
  readonly labels: readonly string[];
  /** Whether the user named a namespace or a cluster and so does not expect the others. */
  readonly isNarrowed: boolean;
  /** The last line, which describes the repository. */
  readonly footer: string;
  /** ms since the epoch */
  readonly now: number;
}

/**
 * Builds the result of `kgit status`: the table of all clusters, or the page of the explained one.
 * @param hasFindings whether --fail-on found something
 */
export function statusResult(
  report: StatusReport<KgitEvent>,
  view: StatusView,
  explained: ExplainedCluster | null = null,
  hasFindings = false,
): CommandResult {
  const { contexts } = report;
  const { clusters, divergence } = onlyInStates(report, view.states);
  const sorted = sortedClusters(clusters, view.sortBy);
  const failed = contexts.some(({ error }) => error !== null);
  const exitCode = failed ? EXIT_CODES.CLUSTER : hasFindings ? EXIT_CODES.FINDINGS : undefined;
  const { now, labels, footer, isNarrowed } = view;
  const total = report.clusters.length;
  const picture = {
    contexts,
    clusters: sorted.forPeople,
    divergence,
    now,
    labels,
    total,
    footer,
    isNarrowed,
  };
  const [cluster] = clusters;
  return {
    json: statusJson({ contexts, clusters: sorted.rows, divergence }, explained),
    rows: sorted.rows,
    names: sorted.rows.map(subjectOf),
    others: { prometheus: () => statusMetrics(report) },
    lines: (screen, wide) =>
      cluster && explained
        ? [
            ...clusterLines(
              { subject: subjectOf(cluster), cluster, ...explained, recorded: null, now },
              screen,
              wide,
            ),
            ...divergenceLines(picture, screen, wide),
            ...contextLines(picture, screen),
            '',
            screen.style('dim', footer),
          ]
        : statusLines(picture, screen, wide),
    ...(exitCode === undefined ? {} : { exitCode }),
  };
}
