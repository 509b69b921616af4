import { ClusterError } from '../../errors.js';
import type { ApiBase } from '../kubectl/discover.js';
import type { FailureCause } from '../kubectl/failure.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { readPages } from '../kubectl/pages.js';
import { type AccessProblem, readAccessProblems } from './access-management.js';
import { readUnreachable, type Unreachable } from './adopted.js';
import { type Look, lastLook, type NotSeenByKcm, notSeenByKcm, readLook } from './last-look.js';
import {
  type CredentialProblem,
  type ManagementHealth,
  managementOf,
  type RegionHealth,
  readCredentialProblem,
  readManagementHealth,
  readRegionHealth,
} from './management-health.js';
import { type MultiClusterService, readMultiClusterService } from './multi-cluster-services.js';

/** The kinds that are read in addition to the clusters. */
export const HEALTH_KINDS = [
  'Management',
  'Region',
  'Credential',
  'MultiClusterService',
  'SveltosCluster',
  'AccessManagement',
] as const;
export type HealthKind = (typeof HEALTH_KINDS)[number];

/** A kind that could not be read, so its state is unknown. */
export interface NotSeenKind {
  readonly kind: HealthKind;
  /** `forbidden`, `not-found` if the server does not serve it, or another reason for the failure. */
  readonly cause: FailureCause;
}

/** Health of k0rdent itself on one management cluster. */
export interface K0rdentHealth extends ManagementHealth {
  /** All Regions, by name. */
  readonly regions: readonly RegionHealth[];
  /** The Credentials that are not ready. */
  readonly credentials: readonly CredentialProblem[];
  /** The objects that could not be distributed to namespaces. */
  readonly accessManagement: readonly AccessProblem[];
  /** Last time that kcm is known to have written the status of an object, RFC 3339; null if no object shows it. */
  readonly lastLook: string | null;
  readonly notSeenByKcm: NotSeenByKcm | null;
  /** Kinds that could not be read, so their state is unknown. */
  readonly notSeen: readonly NotSeenKind[];
}

/** The related objects, for comparison with the clusters. */
export interface BesideClusters {
  /** Evaluates the health at `now`; `looks` are those of the clusters. */
  readonly health: (looks: readonly Look[], now: Date) => K0rdentHealth;
  /** The unreachable SveltosClusters, by `namespace/name`. */
  readonly unreachable: ReadonlyMap<string, Unreachable>;
  readonly services: readonly MultiClusterService[];
}

/** API of Sveltos, in the version that every kcm uses. */
const SVELTOS = '/apis/lib.projectsveltos.io/v1beta1';

/** Which objects are read. */
export interface BesideScope {
  /** The only namespace to read; undefined for all. */
  readonly namespace: string | undefined;
  /** Reads the list of Managements, which also identifies the management cluster. */
  readonly managements: () => Promise<unknown>;
}

/**
 * Reads the health of k0rdent itself and the objects related to the clusters, with one list request per kind, however
 * many clusters there are. A kind that cannot be read is listed in `notSeen`: it must neither fail the query nor look
 * healthy. Throws InterruptedError.
 */
export async function readBesideClusters(
  kubectl: Kubectl,
  api: ApiBase,
  { namespace, managements }: BesideScope,
): Promise<BesideClusters> {
  const notSeen: NotSeenKind[] = [];
  const looks: Look[] = [];
  const within = namespace === undefined ? '' : `namespaces/${namespace}/`;

  async function ask<T>(kind: HealthKind, read: () => Promise<T>): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      notSeen.push({ kind, cause: error.data['cause'] as FailureCause });
      return null;
    }
  }
  const list = <T>(kind: HealthKind, path: string, read: (item: unknown) => T | null) =>
    ask(kind, () =>
      readPages(kubectl, path, {}, (item) => {
        const look = kind === 'Region' ? readLook(kind, item) : null;
        if (look !== null) looks.push(look);
        return read(item);
      }),
    );

  const [management, regions, credentials, services, unreachable, access] = await Promise.all([
    ask('Management', managements),
    list('Region', `${api}/regions`, readRegionHealth),
    list('Credential', `${api}/${within}credentials`, readCredentialProblem),
    list('MultiClusterService', `${api}/multiclusterservices`, readMultiClusterService),
    list('SveltosCluster', `${SVELTOS}/${within}sveltosclusters`, readUnreachable),
    list('AccessManagement', `${api}/accessmanagements`, readAccessProblems),
  ]);
  const own = managementOf(management);
  const look = own === null ? null : readLook('Management', own);
  if (look !== null) looks.push(look);
  const order = (kind: HealthKind) => HEALTH_KINDS.indexOf(kind);
  return {
    unreachable: new Map((unreachable ?? []).map((one) => [`${one.namespace}/${one.name}`, one])),
    services: services ?? [],
    health: (clusters, now) => ({
      ...readManagementHealth(own ?? {}),
      regions: (regions ?? []).sort((a, b) => (a.name < b.name ? -1 : 1)),
      credentials: credentials ?? [],
      accessManagement: (access ?? []).flat(),
      lastLook: lastLook([...clusters, ...looks]),
      notSeenByKcm: notSeenByKcm([...clusters, ...looks], now),
      notSeen: notSeen.sort((a, b) => order(a.kind) - order(b.kind)),
    }),
  };
}
