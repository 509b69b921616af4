import type { TargetStatus } from '../../notify/notifier-status.js';
import { type Metric, seconds } from '../../terminal/prometheus.js';

/** Returns the metrics of the targets of notifications. */
export function notificationMetrics(targets: readonly TargetStatus[]): readonly Metric[] {
  const metric = (name: string, help: string, told: (target: TargetStatus) => number | null): Metric => ({
    ...{ name, help },
    samples: targets.flatMap((target) => {
      const value = told(target);
      return value === null ? [] : [{ labels: { target: target.name, type: target.type }, value }];
    }),
  });
  const counter = (...args: Parameters<typeof metric>): Metric => ({ ...metric(...args), type: 'counter' });
  return [
    counter('kgit_notify_delivered_total', 'Messages that the target has taken.', (one) => one.delivered),
    counter('kgit_notify_retries_total', 'Tries that failed and were made again.', (one) => one.retries),
    counter('kgit_notify_dead_total', 'Messages that were given up.', (one) => one.dead),
    counter(
      'kgit_notify_gaps_total',
      'How often news were gone before the target had them.',
      (one) => one.gaps,
    ),
    metric('kgit_notify_waiting', 'Messages that wait; counted up to a bound.', (one) => one.waiting),
    metric('kgit_notify_failing', 'Whether the last try failed.', (one) => (one.nextTry === null ? 0 : 1)),
    metric(
      'kgit_notify_delivery_timestamp_seconds',
      'When the target last took a message; absent if never.',
      ({ lastDelivery }) => (lastDelivery === null ? null : seconds(lastDelivery)),
    ),
  ];
}
