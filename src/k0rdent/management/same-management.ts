import type { ErrorJson } from '../../errors.js';
import { compareIdentities, type Identities } from '../../model/subject/management-identity.js';
import { clusterFailure } from '../kubectl/cluster-failure.js';
import { type ManagementMatch, shown } from './management.js';

/** A context that was asked, and the recorded management cluster that it would be by itself. */
export interface PlacedContext {
  readonly context: string;
  readonly management: string;
  readonly identities: Identities;
  /** Address of its API server; null where the kubeconfig gives none. */
  readonly server: string | null;
  readonly match: ManagementMatch['match'];
}

/**
 * The contexts of one observation that may not have the name that each would get by itself, each with the error that says
 * so. What is recorded of two clusters under one name cannot be separated again, so contexts are one management cluster
 * only where that is certain: by an equal UID, or the same address. A context that the record proves keeps the name.
 * @param beside contexts that the same process asked before: they keep their names
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
    // Also those that a third one joins, or that only an address proves.
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

/** `some`, and those of `all` that are one cluster with any of them, also by way of a third. */
function joined(some: readonly PlacedContext[], all: readonly PlacedContext[]): readonly PlacedContext[] {
  const more = all.filter((one) => !some.includes(one) && some.some((known) => isOne(one, known)));
  return more.length === 0 ? some : joined([...some, ...more], all);
}

function isOne(a: PlacedContext, b: PlacedContext): boolean {
  const likeness = compareIdentities(a.identities, b.identities);
  // Two UIDs that differ are two clusters, whatever the address says: it may be a gateway to both.
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
