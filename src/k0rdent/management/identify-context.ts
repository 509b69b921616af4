import type { Identities } from '../../model/subject/management-identity.js';
import { readContext } from '../kubectl/context.js';
import { discover } from '../kubectl/discover.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { readIdentities } from './identity.js';

/** A context, and the identities of its management cluster. */
export interface IdentifiedContext {
  /** Undefined for the service account of a pod, which no flag can select. */
  readonly context: string | undefined;
  readonly name: string;
  readonly identities: Identities;
}

/** Reads the identities of the management cluster of a context. Throws ClusterError. */
export async function identifyContext(asked: Kubectl): Promise<IdentifiedContext> {
  const place = await readContext(asked);
  const kubectl = place.inCluster ? asked : asked.in(place.name);
  const api = await discover(kubectl);
  const identities = await readIdentities(kubectl, api, place);
  return { context: place.inCluster ? undefined : place.name, name: place.name, identities };
}
