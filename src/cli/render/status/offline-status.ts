import { eventTime } from '../../../model/event/event.js';
import { formatSubject } from '../../../model/subject/subject.js';
import { formatAge } from '../../../model/value/time.js';
import type { ClusterRecord } from '../../../store/read/cluster-records.js';
import { fittingTable } from '../../../terminal/fitting-table.js';
import type { CommandResult } from '../../../terminal/output.js';
import { sortedBy } from '../../flags/list-options.js';
import type { StatusView } from './status-result.js';

/**
 * Builds the status from what is recorded, when no cluster was queried. It says so, and gives no state.
 * @param namespace the only namespace to show; undefined for all
 */
export function offlineResult(
  recorded: readonly ClusterRecord[],
  namespace: string | undefined,
  { sortBy, footer, now }: Pick<StatusView, 'sortBy' | 'footer' | 'now'>,
): CommandResult {
  const shown = recorded.filter(({ subject }) => namespace === undefined || subject.namespace === namespace);
  const records = sortedBy(shown, sortBy, ({ subject, lifecycle, lastEvent }) => ({
    ...subject,
    recorded: lifecycle,
    lastEvent,
  }));
  const clusters = records.map(({ subject, lifecycle, lastEvent }) => ({
    management: subject.management,
    namespace: subject.namespace,
    name: subject.name,
    recorded: lifecycle,
    state: null,
    lastEvent,
  }));
  const rows = clusters.map(({ management, namespace, name, recorded, lastEvent }) => [
    `${management}/${namespace}/${name}`,
    recorded ?? 'no word of its life',
    lastEvent
      ? `${lastEvent.action} ${formatAge(now - eventTime(lastEvent))} ago${lastEvent.user ? ` by ${lastEvent.user}` : ''}`
      : '',
  ]);
  return {
    json: { contexts: [], clusters, divergence: [], live: false },
    rows: clusters,
    names: records.map(({ subject }) => formatSubject(subject)),
    lines: (screen) => {
      const { style } = screen;
      return [
        style('yellow', 'NOT LIVE: recorded history, no cluster was asked'),
        ...(rows.length > 0
          ? fittingTable(['CLUSTER', 'RECORDED AS', 'LAST EVENT'], rows, screen)
          : [style('dim', 'no clusters')]),
        '',
        style('dim', footer),
      ];
    },
  };
}
