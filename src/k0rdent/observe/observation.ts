import type { ErrorJson } from '../../errors.js';
import type { Identities } from '../../model/subject/management-identity.js';
import { formatSubject } from '../../model/subject/subject.js';
import type { ClusterDeployment } from '../cluster/cluster-deployment.js';
import type { ClusterStatus } from '../cluster/cluster-state.js';
import type { ClusterFinding } from '../health/cluster-findings.js';
import type { K0rdentHealth } from '../health/fleet-health.js';
import type { ApiBase } from '../kubectl/discover.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import type { JsonObject } from '../kubectl/read.js';
import type { ManagementMatch } from '../management/management.js';
import type { LastTransitions } from '../watch/transitions.js';
import type { PlaceList, SeenNamespaces } from './list.js';
import type { ListFacts } from './list-facts.js';

/** What asking one kubeconfig context gave. */
export interface ContextObservation {
  readonly context: string;
  /** The recorded management cluster that it is; null where it could not be told. */
  readonly management: string | null;
  /** The strongest of `identities`; null where there is none. */
  readonly identity: string | null;
  /** All that the cluster is known by, as far as the user may read it, the strongest first. */
  readonly identities: Identities;
  /** How they compare with the recorded ones; null where that cannot be told. */
  readonly match: ManagementMatch['match'] | null;
  /** RFC 3339, before the first request: what is shown is at least as new. */
  readonly observedAt: string;
  readonly namespaces: SeenNamespaces;
  /** How k0rdent itself is; null where nobody looked. */
  readonly k0rdent: K0rdentHealth | null;
  readonly error: ErrorJson | null;
}

/** A cluster as one observation saw it. */
export interface ObservedCluster extends ClusterStatus, ListFacts {
  readonly management: string;
  readonly namespace: string;
  readonly name: string;
  readonly template: string | null;
  /** Name of the Region; null: placed on the management cluster. */
  readonly region: string | null;
  readonly createdAt: string | null;
  /** What lies beside it and its own object does not say; null where nobody looked. */
  readonly findings: readonly ClusterFinding[] | null;
}

/** A ClusterDeployment as the server gave it, and where. */
export interface KeptObject {
  readonly object: JsonObject;
  readonly cluster: ClusterDeployment;
  /** The kubectl of the context that it came from. */
  readonly kubectl: Kubectl;
  readonly api: ApiBase;
}

/** The lists of one context, and where to go on watching them. */
export interface Watchable {
  readonly context: string;
  readonly management: string;
  readonly identities: Identities;
  /** Address of its API server; null where the kubeconfig gives none. */
  readonly server: string | null;
  /** How they compare with the recorded ones. */
  readonly match: ManagementMatch['match'];
  readonly kubectl: Kubectl;
  readonly lists: readonly PlaceList[];
  /** What is recorded of its clusters, where they are recorded. */
  readonly last?: LastTransitions;
}

/** Live k0rdent status at a time, of one or several contexts; never stored as state. */
export interface Observation {
  readonly contexts: readonly ContextObservation[];
  /** By management, namespace and name; each cluster once, however many contexts show it. */
  readonly clusters: readonly ObservedCluster[];
  /** The objects that were kept, by their subject; never part of a result, for they may hold secrets. */
  readonly objects: ReadonlyMap<string, KeptObject>;
  /** One per context that could be asked. */
  readonly watchable: readonly Watchable[];
  /** Whether a selector left clusters out, so that absence says nothing. */
  readonly selected: boolean;
}

/** `cluster/<management>/<namespace>/<name>` of what is named by these. */
export function subjectOf(place: Pick<ObservedCluster, 'management' | 'namespace' | 'name'>): string {
  const { management, namespace, name } = place;
  return formatSubject({ kind: 'cluster', management, namespace, name });
}
