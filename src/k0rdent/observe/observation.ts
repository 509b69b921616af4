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

/** Result of querying one kubeconfig context. */
export interface ContextObservation {
  readonly context: string;
  /** The recorded management cluster that it belongs to; null if unknown. */
  readonly management: string | null;
  /** The strongest of `identities`; null if there is none. */
  readonly identity: string | null;
  /** All identities of the cluster that the user may read, strongest first. */
  readonly identities: Identities;
  /** How the identities compare with the recorded ones; null if unknown. */
  readonly match: ManagementMatch['match'] | null;
  /** Time before the first request, RFC 3339: the data is at least as new. */
  readonly observedAt: string;
  readonly namespaces: SeenNamespaces;
  /** Health of k0rdent itself; null if not requested. */
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
  /** Problems that related objects report and its own object does not; null if not requested. */
  readonly findings: readonly ClusterFinding[] | null;
}

/** A ClusterDeployment as the server returned it, and where it came from. */
export interface KeptObject {
  readonly object: JsonObject;
  readonly cluster: ClusterDeployment;
  /** The kubectl of the context that it came from. */
  readonly kubectl: Kubectl;
  readonly api: ApiBase;
}

/** The lists of one context, with everything needed to watch them from there. */
export interface Watchable {
  readonly context: string;
  readonly management: string;
  readonly identities: Identities;
  /** Address of its API server; null if the kubeconfig has none. */
  readonly server: string | null;
  /** How the identities compare with the recorded ones. */
  readonly match: ManagementMatch['match'];
  readonly kubectl: Kubectl;
  readonly lists: readonly PlaceList[];
  /** The last recorded transitions of its clusters, if transitions are recorded. */
  readonly last?: LastTransitions;
}

/** Live k0rdent status of one or several contexts at one time; never stored as state. */
export interface Observation {
  readonly contexts: readonly ContextObservation[];
  /** Sorted by management, namespace and name; each cluster appears once, however many contexts show it. */
  readonly clusters: readonly ObservedCluster[];
  /** The kept objects by subject; never part of a result, because they may hold secrets. */
  readonly objects: ReadonlyMap<string, KeptObject>;
  /** One per context that could be queried. */
  readonly watchable: readonly Watchable[];
  /** Whether a selector may have left clusters out, so that absence proves nothing. */
  readonly selected: boolean;
}

/** Formats the subject `cluster/<management>/<namespace>/<name>`. */
export function subjectOf(place: Pick<ObservedCluster, 'management' | 'namespace' | 'name'>): string {
  const { management, namespace, name } = place;
  return formatSubject({ kind: 'cluster', management, namespace, name });
}
