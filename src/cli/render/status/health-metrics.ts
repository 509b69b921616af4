import { FINDING_KINDS } from '../../../k0rdent/health/cluster-findings.js';
import {
  healthProblems,
  healthViews,
  isSeen,
  knownProblemKinds,
} from '../../../k0rdent/health/health-problems.js';
import type { Metric } from '../../../terminal/prometheus.js';
import type { HealthPicture } from './health-lines.js';

/** The kind of object that reveals a finding. */
const TOLD_BY = { unreachable: 'SveltosCluster', 'services-missing': 'MultiClusterService' } as const;

/** Formats the health of k0rdent itself as metrics. Anything that was not checked or could not be read has none. */
export function healthMetrics({ contexts, clusters }: HealthPicture): readonly Metric[] {
  const views = healthViews(contexts).map(({ place, k0rdent }) => ({ management: place, k0rdent }));
  return [
    {
      name: 'kgit_k0rdent_ready',
      help: 'Whether the Management object of a management cluster says that it is ready.',
      samples: views.flatMap(({ management, k0rdent: { ready } }) =>
        ready === null ? [] : [{ labels: { management }, value: ready ? 1 : 0 }],
      ),
    },
    {
      name: 'kgit_k0rdent_problems',
      help: 'What of k0rdent itself is not well, by kind.',
      samples: views.flatMap(({ management, k0rdent }) => {
        const problems = healthProblems(k0rdent);
        return knownProblemKinds(k0rdent).map((kind) => ({
          labels: { management, kind },
          value: problems.filter((one) => one.kind === kind).length,
        }));
      }),
    },
    {
      name: 'kgit_k0rdent_kinds_not_seen',
      help: 'Kinds of objects beside the clusters that could not be read.',
      samples: views.map(({ management, k0rdent }) => ({
        labels: { management },
        value: k0rdent.notSeen.length,
      })),
    },
    {
      name: 'kgit_cluster_findings',
      help: 'What lies beside clusters and their own objects do not say, by kind.',
      samples: views.flatMap(({ management, k0rdent }) =>
        FINDING_KINDS.filter((kind) => isSeen(k0rdent, TOLD_BY[kind])).map((kind) => ({
          labels: { management, kind },
          value: clusters
            .filter((one) => one.management === management)
            .flatMap(({ findings }) => findings ?? [])
            .filter((one) => one.kind === kind).length,
        })),
      ),
    },
  ];
}
