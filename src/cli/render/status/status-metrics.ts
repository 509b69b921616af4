import { ClusterError, EXIT_CODES } from '../../../errors.js';
import { CLUSTER_FLAGS, CLUSTER_STATES } from '../../../k0rdent/cluster/cluster-state.js';
import { DIVERGENCE_KINDS } from '../../../k0rdent/observe/divergence.js';
import type { StatusReport } from '../../../k0rdent/observe/status-report.js';
import { eventTime, type KgitEvent } from '../../../model/event/event.js';
import type { CommandResult, Format } from '../../../terminal/output.js';
import { type Metric, prometheusLines, seconds } from '../../../terminal/prometheus.js';
import { healthMetrics } from './health-metrics.js';
import { worstFirst } from './state-words.js';

function contextMetric(contexts: readonly (readonly [name: string, isUp: boolean])[]): Metric {
  return {
    name: 'kgit_context_up',
    help: 'Whether the kubeconfig context could be asked for its clusters.',
    samples: contexts.map(([context, isUp]) => ({ labels: { context }, value: isUp ? 1 : 0 })),
  };
}

/**
 * Returns the metrics if no context could be queried. They say only that: an older file would still report clusters as
 * up.
 */
function downMetrics(contexts: readonly string[]): readonly string[] {
  return prometheusLines([contextMetric(contexts.map((name) => [name, false]))]);
}

/**
 * Builds the result if no context could be queried: the metrics say so. For other formats, throws the error with more
 * advice.
 * @param contexts the contexts that the user named; undefined for the current one
 */
export function downResult(
  error: unknown,
  format: Format,
  contexts: readonly string[] | undefined,
  note: (message: string) => void,
): CommandResult {
  if (!(error instanceof ClusterError)) throw error;
  const { message, data, suggestions } = error;
  if (format !== 'prometheus') {
    const advice = [...suggestions, '`kgit status --offline` shows what is recorded'];
    throw new ClusterError(message, { suggestions: advice, data, cause: error });
  }
  note(message);
  const names = new Set(contexts ?? [String(data['context'] ?? '')]);
  const others = { prometheus: () => downMetrics([...names]) };
  return { json: {}, lines: () => [], others, exitCode: EXIT_CODES.CLUSTER };
}

/** Maximum number of series for clusters that are not Ready. More mean a general outage, which the counts show. */
export const MOST_SERIES = 500;

/** Returns one series for each cluster that is not Ready; only the worst if there are too many. */
function notReadyMetric(clusters: StatusReport<KgitEvent>['clusters']): Metric {
  return {
    name: 'kgit_cluster_not_ready',
    help: `A cluster that is not Ready, by its state; the worst ${MOST_SERIES} at most.`,
    samples: worstFirst(notReady(clusters))
      .slice(0, MOST_SERIES)
      .map(({ management, namespace, name, state }) => ({
        labels: { management, namespace, name, state },
        value: 1,
      })),
  };
}

/** Describes how many clusters that are not Ready have no series; null if all have one. */
export function unlistedNote({ clusters }: Pick<StatusReport<KgitEvent>, 'clusters'>): string | null {
  const unlisted = notReady(clusters).length - MOST_SERIES;
  if (unlisted <= 0) return null;
  return `kgit_cluster_not_ready lists the worst ${MOST_SERIES} clusters; ${unlisted} more are only counted`;
}

function notReady(clusters: StatusReport<KgitEvent>['clusters']) {
  return clusters.filter(({ state }) => state !== 'Ready');
}

/**
 * Formats the report as metrics. Clusters are counted, and only those that are not Ready are listed, so that the series
 * stay few in a fleet of any size. None has the name of one of doctor's: a textfile collector rejects the same series
 * from two files.
 */
export function statusMetrics(report: StatusReport<KgitEvent>): readonly string[] {
  const { contexts, clusters, divergence } = report;
  const asked = contexts.filter(({ error }) => error === null);
  const managements = [...new Set(asked.flatMap(({ management }) => management ?? []))].sort();
  const counted = <Word extends string>(
    label: string,
    words: readonly Word[],
    count: (management: string, word: Word) => number,
  ) =>
    managements.flatMap((management) =>
      words.map((word) => ({ labels: { management, [label]: word }, value: count(management, word) })),
    );
  const metrics: Metric[] = [
    contextMetric(contexts.map(({ context, error }) => [context, error === null])),
    {
      name: 'kgit_context_denied_namespaces',
      help: 'Namespaces that were asked for and could not be read.',
      samples: asked.map(({ context, namespaces }) => ({
        labels: { context },
        value: namespaces.denied.length,
      })),
    },
    {
      name: 'kgit_clusters',
      help: 'Clusters by management cluster and state.',
      samples: counted(
        'state',
        CLUSTER_STATES,
        (management, state) =>
          clusters.filter((one) => one.management === management && one.state === state).length,
      ),
    },
    notReadyMetric(clusters),
    {
      name: 'kgit_clusters_flagged',
      help: 'Clusters by management cluster and flag.',
      samples: counted(
        'flag',
        CLUSTER_FLAGS,
        (management, flag) =>
          clusters.filter((one) => one.management === management && one.flags.includes(flag)).length,
      ),
    },
    {
      name: 'kgit_divergences',
      help: 'Differences between what is recorded and what is live, by kind.',
      samples: counted('kind', DIVERGENCE_KINDS, (management, kind) =>
        divergence
          .filter((one) => one.management === management && one.kind === kind)
          .reduce((sum, one) => sum + (one.clusters?.length ?? 1), 0),
      ),
    },
    {
      name: 'kgit_last_event_timestamp_seconds',
      help: 'Time of the newest recorded event of a live cluster.',
      samples: managements.flatMap((management) => {
        const times = clusters.flatMap((one) =>
          one.management === management && one.lastEvent ? [eventTime(one.lastEvent)] : [],
        );
        return times.length === 0 ? [] : [{ labels: { management }, value: seconds(Math.max(...times)) }];
      }),
    },
  ];
  return prometheusLines([...metrics, ...healthMetrics(report)]);
}
