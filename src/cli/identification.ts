import { ConflictError, UsageError } from '../errors.js';
import { likenessTo } from '../k0rdent/management.js';
import { type Identities, isUid, mergedIdentities, proves } from '../model/management-identity.js';
import type { LearnedManagement } from '../model/operation.js';
import { DEFAULT_MANAGEMENT, isLabel } from '../model/subject.js';
import { learnedOf } from './learned-managements.js';

/** What `kgit identify` does to a management cluster. */
export const IDENTIFY_OUTCOMES = ['identified', 'raised', 're-identified', 'unchanged'] as const;

export interface Identification {
  readonly name: string;
  readonly outcome: (typeof IDENTIFY_OUTCOMES)[number];
  readonly before: Identities;
  readonly identities: Identities;
  /** Null where nothing is to be written. */
  readonly learned: LearnedManagement | null;
  /** What is asked first; null where nothing that is recorded contradicts it. */
  readonly question: string | null;
}

type Managements = ReadonlyMap<string, Identities>;

/**
 * The name that a cluster is to have: the one that is given, else the one that the record proves, else the setting, else
 * the only one that is listed. Throws UsageError where several could be meant.
 */
export function nameToIdentify(
  { given, chosen }: { given: string | undefined; chosen: string | undefined },
  seen: Identities,
  managements: Managements,
): string {
  if (given !== undefined) {
    if (isLabel(given)) return given;
    throw new UsageError(`NAME ${JSON.stringify(given.slice(0, 80))} is not a DNS-1123 label`);
  }
  const proven = namesOf(seen, managements);
  const [only] = proven.length === 1 ? proven : managements.size === 1 ? [...managements.keys()] : [];
  const name = only ?? chosen ?? (managements.size === 0 ? DEFAULT_MANAGEMENT : undefined);
  if (name !== undefined) return name;
  throw new UsageError(
    `which management cluster is it? kgit.yaml lists ${[...managements.keys()].join(', ')}`,
    {
      suggestions: ['Name it, also with a new name: kgit identify NAME'],
    },
  );
}

/** The names whose record proves that they are this cluster. */
function namesOf(seen: Identities, managements: Managements): string[] {
  return [...managements].flatMap(([name, identities]) =>
    ['same', 'same-address'].includes(likenessTo({ name, identities }, seen)) ? [name] : [],
  );
}

/** What identifying `name` as the cluster of a context comes to. Throws ConflictError where another name is this cluster. */
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
  const likeness = likenessTo({ name, identities: before }, seen);
  const proving = seen.filter(proves);
  const plan = (identities: Identities, outcome: Identification['outcome'], question: string | null) => {
    const isKnown = identities.length === before.length && identities.every((one) => before.includes(one));
    const learned = isKnown ? null : learnedOf(name, before, identities);
    return {
      name,
      before,
      identities,
      learned,
      ...(isKnown ? { outcome: 'unchanged' as const, question: null } : { outcome, question }),
    };
  };
  if (likeness === 'new') return plan(proving, 'identified', null);
  if (likeness === 'same' || likeness === 'same-address')
    return plan(mergedIdentities(before, seen), 'raised', null);
  const knownBy = `it is recorded as ${before.join(', ')}, and context ${context} is ${proving.join(', ')}`;
  if (likeness === 'different')
    return plan(
      proving,
      're-identified',
      `Management cluster ${name} is another cluster: ${knownBy}. Replace it?`,
    );
  // An address alone was a guess, which something stronger replaces; a UID stays true.
  const identities = before.some(isUid) ? mergedIdentities(before, seen) : proving;
  return plan(
    identities,
    're-identified',
    `Nothing tells whether management cluster ${name} is this one: ${knownBy}. Is it?`,
  );
}
