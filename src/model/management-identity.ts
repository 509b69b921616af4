/** What a management cluster is known by, and whether two sets of it speak of one cluster. */

/** The kinds of identity, the strongest first: a UID is of one object in the world, an address leads somewhere. */
export const IDENTITY_KINDS = ['management-uid', 'kube-system-uid', 'server'] as const;
export type IdentityKind = (typeof IDENTITY_KINDS)[number];

/** `management-uid:<uid>`, `kube-system-uid:<uid>` or `server:<url>`. */
export type Identity = `${IdentityKind}:${string}`;

/** All that a cluster is known by; empty where nothing is known. */
export type Identities = readonly Identity[];

/**
 * `same`: a UID is equal. `same-address`: no UID can be compared, and an address is equal. `different`: UIDs of one kind
 * differ. `unknown`: nothing that both have proves anything.
 */
export type Likeness = 'same' | 'same-address' | 'different' | 'unknown';

/** Most identities that a management cluster is recorded with. */
export const MAX_IDENTITIES = 16;
/** Most addresses that are noted: people reach a server by a few names. */
const MAX_ADDRESSES = 8;
/** Longest identity, in characters. */
const MAX_LENGTH = 512;

const UID = /^[A-Za-z0-9][\w.:-]*$/;
const URL_TEXT = /^https?:\/\/[\x21-\x7e]+$/;
/** Of a later version: a kind that this one does not know. */
const LATER = /^[a-z][a-z0-9-]{0,39}:[\x21-\x7e]+$/;

/** The identity that a text is; null where it is none. */
export function parseIdentity(text: string): Identity | null {
  if (text.length > MAX_LENGTH) return null;
  const kind = IDENTITY_KINDS.find((one) => text.startsWith(`${one}:`));
  if (kind === undefined) return null;
  const value = text.slice(kind.length + 1);
  const isValid = kind === 'server' ? URL_TEXT.test(value) && URL.canParse(value) : UID.test(value);
  return isValid ? `${kind}:${value}` : null;
}

/** Whether a text may be an identity of a kind that a later version knows: it proves nothing here, and is kept. */
export function isLaterIdentity(text: string): boolean {
  const isKnownKind = IDENTITY_KINDS.some((kind) => text.startsWith(`${kind}:`));
  return !isKnownKind && text.length <= MAX_LENGTH && LATER.test(text);
}

/** The kind of an identity. */
export function kindOf(identity: Identity): IdentityKind {
  return IDENTITY_KINDS.find((kind) => identity.startsWith(`${kind}:`)) ?? 'server';
}

/** Whether it is a UID, and no address. */
export function isUid(identity: Identity): boolean {
  return kindOf(identity) !== 'server';
}

/** The identities without repetitions, the strongest first. */
export function sortedIdentities(identities: Identities): Identities {
  return IDENTITY_KINDS.flatMap((kind) => [
    ...new Set(identities.filter((identity) => kindOf(identity) === kind)),
  ]);
}

const LOCAL_NAMES = [
  ...['localhost', 'localhost.localdomain', 'host.docker.internal', 'host.containers.internal'],
  // The API server as pods of any cluster call it.
  ...['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'],
];

/** An address in its one spelling; null where it leads to another server on another machine, so that it proves nothing. */
function address(identity: Identity): string | null {
  const text = identity.slice('server:'.length);
  if (!URL.canParse(text)) return null;
  const { protocol, host, hostname, pathname } = new URL(text);
  const name = hostname.replace(/\.$/, '');
  const isLocal =
    LOCAL_NAMES.includes(name) ||
    name.endsWith('.localhost') ||
    /^(127|0)\.\d+\.\d+\.\d+$/.test(name) ||
    /^\[::(1|ffff:7f[0-9a-f]{2}:[0-9a-f]+)?\]$/.test(name);
  return isLocal ? null : `${protocol}//${host}${pathname.replace(/\/+$/, '')}`;
}

/** Whether an identity tells one cluster from another: an address of the machine that asks does not. */
export function proves(identity: Identity): boolean {
  return isUid(identity) || address(identity) !== null;
}

/** Whether two clusters are one, by all that each is known by. Namespace kube-system outlives a Management object. */
export function compareIdentities(a: Identities, b: Identities): Likeness {
  for (const kind of ['kube-system-uid', 'management-uid'] as const) {
    const [ours, theirs] = [a, b].map((side) => side.filter((identity) => kindOf(identity) === kind));
    if (!ours?.length || !theirs?.length) continue;
    return ours.some((identity) => theirs.includes(identity)) ? 'same' : 'different';
  }
  const [ours, theirs] = [a, b].map((side) =>
    side.flatMap((identity) => (isUid(identity) ? [] : (address(identity) ?? []))),
  );
  return ours?.some((one) => theirs?.includes(one)) ? 'same-address' : 'unknown';
}

/**
 * What a cluster is to be known by, after it was seen to be the recorded one: each UID as it is now, and all addresses
 * that prove something.
 */
export function mergedIdentities(recorded: Identities, seen: Identities): Identities {
  const uids = (['management-uid', 'kube-system-uid'] as const).flatMap((kind) => {
    const ofKind = (identity: Identity) => kindOf(identity) === kind;
    return seen.find(ofKind) ?? recorded.find(ofKind) ?? [];
  });
  const addresses = [...recorded, ...seen].filter((identity) => !isUid(identity) && proves(identity));
  return [...uids, ...sortedIdentities(addresses).slice(0, MAX_ADDRESSES)];
}

/**
 * Whether `merged` says more than `recorded`, so that it is worth a commit: a UID, or the first address. Another address
 * of a server is not: everybody may have one of their own.
 */
export function saysMore(recorded: Identities, merged: Identities): boolean {
  const fresh = merged.filter((identity) => !recorded.includes(identity));
  return fresh.some(isUid) || (fresh.length > 0 && !recorded.some((one) => !isUid(one) && proves(one)));
}
