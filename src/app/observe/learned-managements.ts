import type { ContextObservation } from '../../k0rdent/observe/observation.js';
import type { LearnedManagement } from '../../model/operation/operation.js';
import {
  compareIdentities,
  type Identities,
  type IdentityKind,
  isUid,
  kindOf,
  learnedIdentities,
  saysMore,
} from '../../model/subject/management-identity.js';

/** What an observation says of a management cluster that kgit.yaml does not. */
export interface Lesson {
  readonly name: string;
  /** Whether nothing was recorded of it. */
  readonly isNew: boolean;
  /** Null where nothing that the user may read identifies it. */
  readonly learned: LearnedManagement | null;
  /** What people are told once it is noted. */
  readonly says: string;
}

/** The kinds of identity as people call them. */
export const KIND_WORDS: Readonly<Record<IdentityKind, string>> = {
  'management-uid': 'its Management UID',
  'kube-system-uid': 'the UID of its namespace kube-system',
  server: 'its address',
};

/** The kinds of which there are identities, as people call them. */
export function kindWords(identities: Identities): string {
  const kinds = new Set(identities.flatMap((identity) => kindOf(identity) ?? []));
  return [...kinds].map((kind) => KIND_WORDS[kind]).join(' and ');
}

/** What the contexts of one observation teach of the management clusters that they are. */
export function lessonsOf(
  contexts: readonly ContextObservation[],
  managements: ReadonlyMap<string, Identities>,
): Lesson[] {
  const names = new Set(contexts.flatMap(({ management }) => management ?? []));
  return [...names].flatMap((name) => {
    const own = contexts.filter((one) => one.management === name && one.match !== 'unknown');
    const others = contexts.filter((one) => one.management !== name).flatMap((one) => one.identities);
    // An address that another cluster has, too, is a gateway's.
    const seen = own
      .flatMap(({ identities }) => identities)
      .filter((identity) => isUid(identity) || !others.includes(identity));
    return own.length === 0 ? [] : (lessonOf(name, managements.get(name) ?? [], seen) ?? []);
  });
}

function lessonOf(name: string, before: Identities, seen: Identities): Lesson | null {
  const merged = learnedIdentities(before, seen);
  const learned = learnedOf(name, before, merged);
  if (before.length === 0) {
    const says = `first look at management cluster ${name}: identity noted in kgit.yaml`;
    return { name, isNew: true, learned, says };
  }
  return saysMore(before, merged)
    ? { name, isNew: false, learned, says: `management cluster ${name}: ${raisedText(before, merged)}` }
    : null;
}

/** What is to be noted of a management cluster; null for nothing. */
export function learnedOf(
  name: string,
  before: Identities,
  [identity, ...others]: Identities,
): LearnedManagement | null {
  return identity === undefined ? null : { name, identity, others, before };
}

/** How a management cluster is known better than before. */
function raisedText(before: Identities, merged: Identities): string {
  const known = new Set(before.map(kindOf));
  const fresh = merged.filter((identity) => !before.includes(identity));
  const isRestored = known.has('management-uid') && fresh.some((one) => kindOf(one) === 'management-uid');
  if (isRestored && compareIdentities(before, merged) === 'same')
    return 'its Management object was made anew, as by a restore; its new UID is noted in kgit.yaml';
  const more = kindWords(fresh.filter((identity) => !known.has(kindOf(identity))));
  return before.some(isUid)
    ? `it is also known by ${more} from now on`
    : `identity raised from its address to ${more}`;
}
