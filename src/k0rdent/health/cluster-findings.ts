import type { BesideClusters } from './fleet-health.js';
import { type CoveredCluster, lackOf } from './multi-cluster-services.js';

export const FINDING_KINDS = ['unreachable', 'services-missing'] as const;

/** What lies beside a cluster and its own object does not say. */
export interface ClusterFinding {
  /**
   * `unreachable`: an adopted cluster that k0rdent cannot reach, whatever its state says. `services-missing`: a
   * MultiClusterService covers the cluster, and its services are not there.
   */
  readonly kind: (typeof FINDING_KINDS)[number];
  /** The kind and name of the object that tells it. */
  readonly from: string;
  readonly message: string;
}

/**
 * What speaks against a cluster in what lies beside it. An adopted cluster has a SveltosCluster of its own namespace and
 * name; that of a cluster in a Region lies on the Region's cluster.
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
