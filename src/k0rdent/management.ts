import { clusterFailure } from './cluster-failure.js';
import { compareIdentities, type Identity } from './identity.js';

/** A management cluster as the state repository records it. */
export interface RecordedManagement {
  readonly name: string;
  /** Null until the first `status` learns it. */
  readonly identity: string | null;
}

export interface ManagementMatch {
  readonly name: string;
  /**
   * `same`: the recorded identity is this cluster's. `new`: none is recorded yet, this one is to be learned.
   * `unknown`: the user's rights give an identity of another kind than the recorded one.
   */
  readonly match: 'same' | 'new' | 'unknown';
}

/**
 * The recorded management cluster that `identity` belongs to. One that compares `same` wins; else the only one that
 * it does not contradict. Throws ClusterError: `other-management` where every recorded identity differs,
 * `ambiguous-management` where several could be meant.
 */
export function matchManagement(
  identity: Identity,
  recorded: readonly RecordedManagement[],
  context: string,
): ManagementMatch {
  const compared = recorded.map(({ name, identity: known }) => ({
    name,
    match: known === null ? ('new' as const) : compareIdentities(known, identity),
  }));
  const same = compared.find(({ match }) => match === 'same');
  if (same !== undefined) return { name: same.name, match: 'same' };
  const possible = compared.flatMap(({ name, match }) =>
    match === 'new' || match === 'unknown' ? [{ name, match }] : [],
  );
  const [only] = possible;
  if (only !== undefined && possible.length === 1) return only;
  const names = recorded.map(({ name }) => name).join(', ');
  const detail = `its identity is ${identity}; kgit.yaml lists ${names || 'none'}`;
  throw clusterFailure(
    { cause: possible.length === 0 ? 'other-management' : 'ambiguous-management', detail },
    { context },
  );
}
