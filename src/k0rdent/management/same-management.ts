import type { ErrorJson } from '../../errors.js';
import { compareIdentities, type Identities } from '../../model/subject/management-identity.js';
import { clusterFailure } from '../kubectl/cluster-failure.js';
import { type ManagementMatch, shown } from './management.js';

/** A context that was queried, and the recorded management cluster that it matches on its own. */
export interface PlacedContext {
  readonly context: string;
  readonly management: string;
  readonly identities: Identities;
  /** Address of its API server; null if the kubeconfig has none. */
  readonly server: string | null;
  readonly match: ManagementMatch['match'];
}

/**
 * Finds the contexts of one observation that must not use the name that each matches on its own, with an error that
 * says why. Records of two clusters under one name cannot be separated again, so contexts count as one management
 * cluster only if that is certain: by an equal UID or the same address. A context that the record proves keeps the
 * name.
 * @param beside contexts that this process queried before; they keep their names
 */
export function ambiguousContexts(
  asked: readonly PlacedContext[],
  beside: readonly PlacedContext[],
): ReadonlyMap<string, ErrorJson> {
  const errors = new Map<string, ErrorJson>();
  for (const name of new Set(asked.map(({ management }) => management))) {
    const own = asked.filter(({ management }) => management === name);
    const before = beside.filter(({ management }) => management === name);
    const firm = [...before, ...own.filter(({ match }) => match === 'same')];
    const [first] = own;
    const accepted = joined(firm.length > 0 ? firm : first === undefined ? [] : [first], own);
    // Compare all accepted contexts, also those joined only by a third one or only by an address.
    const areTwo = accepted.some((one) => accepted.some((rival) => areDifferent(one, rival)));
    const left = own.filter((one) => areTwo || !accepted.includes(one));
    if (left.length === 0) continue;
    for (const one of firm.length > 0 ? left : own) {
      const other = [...firm, ...own].find((rival) => !isOne(one, rival)) ?? one;
      errors.set(one.context, ambiguous(one, other, name));
    }
  }
  return errors;
}

/** Extends `some` by those of `all` that are the same cluster as any of them, directly or through others. */
function joined(some: readonly PlacedContext[], all: readonly PlacedContext[]): readonly PlacedContext[] {
  const more = all.filter((one) => !some.includes(one) && some.some((known) => isOne(one, known)));
  return more.length === 0 ? some : joined([...some, ...more], all);
}

function isOne(a: PlacedContext, b: PlacedContext): boolean {
  const likeness = compareIdentities(a.identities, b.identities);
  // Different UIDs mean different clusters, even at the same address: it may be a gateway to both.
  if (likeness !== 'unknown') return likeness !== 'different';
  return a.server !== null && a.server === b.server;
}

function areDifferent(a: PlacedContext, b: PlacedContext): boolean {
  return compareIdentities(a.identities, b.identities) === 'different';
}

function ambiguous(own: PlacedContext, other: PlacedContext, name: string): ErrorJson {
  const detail = `it is known by ${shown(own.identities)} and context ${JSON.stringify(other.context)} by ${shown(other.identities)}, and both would be ${name}`;
  return clusterFailure({ cause: 'ambiguous-management', detail }, { context: own.context }).toJSON();
}
