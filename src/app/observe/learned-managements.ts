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

/** What an observation adds to the record of a management cluster in kgit.yaml. */
export interface Lesson {
  readonly name: string;
  /** Whether the management cluster had no recorded identity. */
  readonly isNew: boolean;
  /** Null if the user may read nothing that identifies it. */
  readonly learned: LearnedManagement | null;
  /** Message for the user once it is written to kgit.yaml. */
  readonly says: string;
}

/** Names of the kinds of identity in messages. */
const KIND_WORDS: Readonly<Record<IdentityKind, string>> = {
  'management-uid': 'its Management UID',
  'kube-system-uid': 'the UID of its namespace kube-system',
  server: 'its address',
};

/** Lists the kinds of the given identities in words. */
export function kindWords(identities: Identities): string {
  const kinds = new Set(identities.flatMap((identity) => kindOf(identity) ?? []));
  return [...kinds].map((kind) => KIND_WORDS[kind]).join(' and ');
}

/** Collects what the contexts of one observation add to the recorded identities of their management clusters. */
export function lessonsOf(
  contexts: readonly ContextObservation[],
  managements: ReadonlyMap<string, Identities>,
): Lesson[] {
  const names = new Set(contexts.flatMap(({ management }) => management ?? []));
  return [...names].flatMap((name) => {
    const own = contexts.filter((one) => one.management === name && one.match !== 'unknown');
    const others = contexts.filter((one) => one.management !== name).flatMap((one) => one.identities);
    // An address shared with another cluster belongs to a gateway.
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

/** Builds the entry to write to kgit.yaml for a management cluster; null if it has no identity. */
export function learnedOf(
  name: string,
  before: Identities,
  [identity, ...others]: Identities,
): LearnedManagement | null {
  return identity === undefined ? null : { name, identity, others, before };
}

/** Describes how the identity of a management cluster has improved. */
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
