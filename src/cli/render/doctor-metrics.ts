import type { RepositoryHealth } from '../../app/doctor/check-store.js';
import type { Check } from '../../model/value/check.js';
import { ulidTime } from '../../model/value/ulid.js';
import { type Metric, prometheusLines, seconds } from '../../terminal/prometheus.js';

/**
 * Formats the checks as metrics and, if there is a repository, its pending operations and the outcome of its last
 * pushes.
 */
export function doctorMetrics(checks: readonly Check[], health: RepositoryHealth | null): readonly string[] {
  const [oldest] = health?.waiting ?? [];
  const pushes = health?.pushes ?? [];
  const ofPushes = (value: number) => (health === null ? [] : [{ value }]);
  return prometheusLines([
    {
      name: 'kgit_check_ok',
      help: 'Whether a check of kgit doctor passed.',
      samples: checks.map(({ name, ok }) => ({ labels: { check: name }, value: ok ? 1 : 0 })),
    },
    ...(health === null ? [] : repositoryMetrics(health.fetchedAt, health.waiting.length)),
    {
      name: 'kgit_outbox_oldest_timestamp_seconds',
      help: 'When the oldest operation in the outbox was made; absent if none waits.',
      samples: oldest === undefined ? [] : [{ value: seconds(ulidTime(oldest)) }],
    },
    {
      name: 'kgit_recent_pushes',
      help: 'Recorded pushes of this clone, at most 200.',
      samples: ofPushes(pushes.length),
    },
    {
      name: 'kgit_recent_lost_races',
      help: 'Races against other writers that the recorded pushes lost.',
      samples: ofPushes(pushes.reduce((sum, { attempts }) => sum + Math.max(attempts - 1, 0), 0)),
    },
    {
      name: 'kgit_recent_unpublished_pushes',
      help: 'Recorded pushes that could not be published.',
      samples: ofPushes(pushes.filter(({ isPublished }) => !isPublished).length),
    },
  ]);
}

/** Returns the metrics of the repository: its last fetch and its pending operations. */
function repositoryMetrics(fetchedAt: number | null, pending: number): Metric[] {
  return [
    {
      name: 'kgit_outbox_operations',
      help: 'Operations that wait in the outbox to be published.',
      samples: [{ value: pending }],
    },
    {
      name: 'kgit_fetch_timestamp_seconds',
      help: 'Time of the last fetch from the remote; absent without a remote.',
      samples: fetchedAt === null ? [] : [{ value: seconds(fetchedAt) }],
    },
  ];
}
