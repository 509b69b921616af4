import type { Identities } from '../../model/subject/management-identity.js';
import { readContext } from '../kubectl/context.js';
import { discover } from '../kubectl/discover.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { readIdentities } from './identity.js';

/** A context, and what the management cluster behind it is known by. */
export interface IdentifiedContext {
  /** Undefined: the service account of a pod, which no flag names. */
  readonly context: string | undefined;
  readonly name: string;
  readonly identities: Identities;
}

/** What the management cluster of a context is known by. Throws ClusterError. */
export async function identifyContext(asked: Kubectl): Promise<IdentifiedContext> {
  const place = await readContext(asked);
  const kubectl = place.inCluster ? asked : asked.in(place.name);
  const api = await discover(kubectl);
  const identities = await readIdentities(kubectl, api, place);
  return { context: place.inCluster ? undefined : place.name, name: place.name, identities };
}
