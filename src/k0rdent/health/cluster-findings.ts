import type { BesideClusters } from './fleet-health.js';
import { type CoveredCluster, lackOf } from './multi-cluster-services.js';

export const FINDING_KINDS = ['unreachable', 'services-missing'] as const;

/** A problem of a cluster that a related object reports and its own object does not. */
export interface ClusterFinding {
  /**
   * `unreachable`: k0rdent cannot reach an adopted cluster, whatever its state says. `services-missing`: a
   * MultiClusterService covers the cluster, but its services are missing.
   */
  readonly kind: (typeof FINDING_KINDS)[number];
  /** Kind and name of the object that reports it. */
  readonly from: string;
  readonly message: string;
}

/**
 * Finds the problems of a cluster in its related objects. An adopted cluster has a SveltosCluster of the same namespace
 * and name; for a cluster in a Region it is on the Region's cluster.
 */
export function findingsOf(
  cluster: CoveredCluster & { readonly region: string | null },
  { unreachable, services }: Pick<BesideClusters, 'unreachable' | 'services'>,
): readonly ClusterFinding[] {
  const { namespace, name, region } = cluster;
  const cut = region === null ? unreachable.get(`${namespace}/${name}`) : undefined;
  const lacking = services.flatMap((service): ClusterFinding[] => {
    const message = lackOf(service, cluster);
    return message === null
      ? []
      : [{ kind: 'services-missing', from: `MultiClusterService ${service.name}`, message }];
  });
  return cut === undefined
    ? lacking
    : [{ kind: 'unreachable', from: 'SveltosCluster', message: cut.message }, ...lacking];
}
