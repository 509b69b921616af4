import { ConflictError, UsageError } from '../../errors.js';
import { likenessTo } from '../../k0rdent/management/management.js';
import type { LearnedManagement } from '../../model/operation/operation.js';
import { type Identities, isUid, mergedIdentities } from '../../model/subject/management-identity.js';
import { DEFAULT_MANAGEMENT, isLabel } from '../../model/subject/subject.js';
import { learnedOf } from './learned-managements.js';

/**
 * Outcomes of `kgit identify`. `extended`: identities were added to the recorded ones. `re-identified`: they were
 * replaced.
 */
export const IDENTIFY_OUTCOMES = ['identified', 'extended', 're-identified', 'unchanged'] as const;

export interface Identification {
  readonly name: string;
  readonly outcome: (typeof IDENTIFY_OUTCOMES)[number];
  readonly before: Identities;
  readonly identities: Identities;
  /** What to write to kgit.yaml; null if nothing changes. */
  readonly learned: LearnedManagement | null;
  /** Question that the user must confirm first; null if the cluster agrees with the record. */
  readonly question: string | null;
}

type Managements = ReadonlyMap<string, Identities>;

/**
 * Chooses the name for a cluster: the given one, else the only name under which the cluster is recorded, else the only
 * one that kgit.yaml lists, else the setting, else the default if kgit.yaml lists none. Throws UsageError if several
 * are possible.
 */
export function nameToIdentify(
  { given, chosen }: { given: string | undefined; chosen: string | undefined },
  seen: Identities,
  managements: Managements,
): string {
  if (given !== undefined) {
    if (isLabel(given)) return given;
    throw new UsageError(
      `NAME ${JSON.stringify(given.slice(0, 80))} is not a DNS-1123 label: at most 63 characters of a-z, 0-9 and '-', beginning and ending with a letter or digit`,
    );
  }
  const recorded = namesOf(seen, managements);
  const [only] = recorded.length === 1 ? recorded : managements.size === 1 ? [...managements.keys()] : [];
  const name = only ?? chosen ?? (managements.size === 0 ? DEFAULT_MANAGEMENT : undefined);
  if (name !== undefined) return name;
  throw new UsageError(
    `which management cluster is it? kgit.yaml lists ${[...managements.keys()].join(', ')}`,
    { suggestions: ['Name it: kgit identify NAME; NAME may be a new one'] },
  );
}

/** Lists the names under which this cluster is recorded. */
function namesOf(seen: Identities, managements: Managements): string[] {
  return [...managements].flatMap(([name, identities]) =>
    ['same', 'same-address'].includes(likenessTo({ name, identities }, seen)) ? [name] : [],
  );
}

/**
 * Works out what identifying `name` as the cluster of a context changes. Throws ConflictError if that cluster is
 * recorded under another name.
 */
export function identification(
  name: string,
  { seen, context }: { seen: Identities; context: string },
  managements: Managements,
): Identification {
  const other = namesOf(seen, managements).find((one) => one !== name);
  if (other !== undefined) {
    throw new ConflictError(`the cluster of context ${context} is recorded as management cluster ${other}`, {
      suggestions: [
        `Name its clusters under ${other}`,
        `Or take ${other} out of kgit.yaml, and publish that`,
      ],
      data: { management: other },
    });
  }
  const before = managements.get(name) ?? [];
  const plan = (outcome: Identification['outcome'], identities: Identities, question: string | null) => {
    const isKnown = identities.length === before.length && identities.every((one) => before.includes(one));
    if (isKnown)
      return { name, outcome: 'unchanged' as const, before, identities, learned: null, question: null };
    return { name, outcome, before, identities, learned: learnedOf(name, before, identities), question };
  };
  const likeness = likenessTo({ name, identities: before }, seen);
  const own = mergedIdentities([], seen);
  if (likeness === 'new') return plan('identified', own, null);
  if (likeness === 'same' || likeness === 'same-address')
    return plan('extended', mergedIdentities(before, seen), null);
  const knownBy = `It is recorded as ${before.join(', ')}; context ${context} is ${own.join(', ')}.`;
  if (likeness === 'different')
    return plan(
      're-identified',
      own,
      `Management cluster ${name} is another cluster. ${knownBy} Replace it?`,
    );
  const question = `Nothing shows that management cluster ${name} is this one. ${knownBy} Is it?`;
  // A bare address was a guess; a UID replaces it.
  return !before.some(isUid) && own.some(isUid)
    ? plan('re-identified', own, question)
    : plan('extended', mergedIdentities(before, seen), question);
}
