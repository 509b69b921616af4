import {
  compareIdentities,
  type Identities,
  isUid,
  type Likeness,
} from '../../model/subject/management-identity.js';
import { DEFAULT_MANAGEMENT } from '../../model/subject/subject.js';
import { clusterFailure } from '../kubectl/cluster-failure.js';

/** A management cluster as the state repository records it. */
export interface RecordedManagement {
  readonly name: string;
  /** All its identities; empty until the first `status` learns them. */
  readonly identities: Identities;
}

export interface ManagementMatch {
  readonly name: string;
  /**
   * `same`: it is the recorded cluster. `new`: no identity is recorded yet, so this one is to be learned. `unknown`:
   * the identities that the user may read neither match nor contradict the recorded ones.
   */
  readonly match: 'same' | 'new' | 'unknown';
}

/** How a cluster compares with a recorded one; `new` if no identity of that one is recorded. */
export type RecordLikeness = Likeness | 'new';

/** Returns the management clusters that kgit.yaml lists; if it lists none, a single one without a known identity. */
export function recordedManagements(
  managements: ReadonlyMap<string, Identities>,
): readonly RecordedManagement[] {
  if (managements.size === 0) return [{ name: DEFAULT_MANAGEMENT, identities: [] }];
  return [...managements].map(([name, identities]) => ({ name, identities }));
}

/** Compares a cluster with a recorded one. */
export function likenessTo(
  { identities: known }: RecordedManagement,
  identities: Identities,
): RecordLikeness {
  return known.length === 0 ? 'new' : compareIdentities(known, identities);
}

/**
 * Finds the recorded management cluster that a cluster with `identities` is: the one with an equal UID, else the one
 * with an equal address, else the only one that the identities do not contradict. Throws ClusterError:
 * `other-management` if every recorded cluster differs; `ambiguous-management` if several are possible, or if only two
 * different addresses are known.
 * @param context names the cluster in advice to run `kgit identify`; undefined for the service account of a pod
 */
export function matchManagement(
  identities: Identities,
  recorded: readonly RecordedManagement[],
  context: string | undefined,
): ManagementMatch {
  const compared = recorded.map((one) => ({ ...one, likeness: likenessTo(one, identities) }));
  const alike = (...wanted: readonly RecordLikeness[]) =>
    compared.filter(({ likeness }) => wanted.includes(likeness));
  const possible = [alike('same'), alike('same-address'), alike('new', 'unknown')];
  const [only, ...others] = possible.find((some) => some.length > 0) ?? [];
  if (only === undefined || others.length > 0) {
    const names = recorded.map(({ name }) => name).join(', ') || 'none';
    const detail = `it is known by ${shown(identities)}; kgit.yaml lists ${names}`;
    const cause = only === undefined ? 'other-management' : 'ambiguous-management';
    throw clusterFailure({ cause, detail }, { context });
  }
  const { name, likeness, identities: known } = only;
  // Another address may belong to the same server or to another one; without a UID nobody can tell.
  if (likeness === 'unknown' && identities.length > 0 && ![...known, ...identities].some(isUid)) {
    const detail = `you may read its address alone, ${shown(identities)}, and kgit.yaml knows ${name} by ${shown(known)}`;
    throw clusterFailure({ cause: 'ambiguous-management', detail }, { context });
  }
  return { name, match: likeness === 'new' || likeness === 'unknown' ? likeness : 'same' };
}

/** Formats the strongest identity of a cluster for messages. */
export function shown([first]: Identities): string {
  return first ?? 'nothing that you may read';
}
