/** What a management cluster is known by, and whether two sets of it are of one cluster. */

/** The kinds of identity, the strongest first: a UID belongs to one object in the world, an address leads somewhere. */
export const IDENTITY_KINDS = ['management-uid', 'kube-system-uid', 'server'] as const;
export type IdentityKind = (typeof IDENTITY_KINDS)[number];

/**
 * `management-uid:<uid>`, `kube-system-uid:<uid>` or `server:<url>`; from kgit.yaml also any other text, of a later
 * version or mistyped, which compares with nothing and is kept.
 */
export type Identity = string;

/** All that a cluster is known by; empty where nothing is known. */
export type Identities = readonly Identity[];

/**
 * `same`: a UID is equal. `same-address`: no UID can be compared, and an address is equal. `different`: UIDs of one kind
 * differ. `unknown`: they have nothing in common that can be compared.
 */
export type Likeness = 'same' | 'same-address' | 'different' | 'unknown';

/** Most identities that are read of one management cluster. */
export const MAX_IDENTITIES = 16;
/** Most addresses that are noted: people reach a server by a few names. */
const MAX_ADDRESSES = 8;
/** Longest identity, in characters. */
export const MAX_IDENTITY = 512;

const UID = /^[A-Za-z0-9][\w.:-]*$/;
const URL_TEXT = /^https?:\/\/[\x21-\x7e]+$/;

/** Whether a text may be an identity of any kind: one line of a bounded length. */
export function isIdentityText(text: string): boolean {
  return text.length > 0 && text.length <= MAX_IDENTITY && !/[\u0000-\u001f\u007f-\u009f]/.test(text);
}

/** The identity of a kind with a value that was read from a cluster; null where the value cannot be one. */
export function identityOf(kind: IdentityKind, value: string): Identity | null {
  const identity = `${kind}:${value}`;
  return kindOf(identity) === kind ? identity : null;
}

/** The kind of an identity; null where this version does not know it. */
export function kindOf(identity: Identity): IdentityKind | null {
  if (!isIdentityText(identity)) return null;
  const kind = IDENTITY_KINDS.find((one) => identity.startsWith(`${one}:`));
  if (kind === undefined) return null;
  const value = identity.slice(kind.length + 1);
  const isValid = kind === 'server' ? URL_TEXT.test(value) && URL.canParse(value) : UID.test(value);
  return isValid ? kind : null;
}

/** Whether it is a UID. */
export function isUid(identity: Identity): boolean {
  const kind = kindOf(identity);
  return kind === 'management-uid' || kind === 'kube-system-uid';
}

/** The identities without repetitions, the strongest first. */
export function sortedIdentities(identities: Identities): Identities {
  return [...IDENTITY_KINDS, null].flatMap((kind) => [
    ...new Set(identities.filter((identity) => kindOf(identity) === kind)),
  ]);
}

const LOOPBACK = ['localhost', 'localhost.localdomain', '127.0.0.1', '[::1]'];
const LOCAL = /^(127|0)\.\d+\.\d+\.\d+$|^\[::(1|ffff:7f[0-9a-f]{2}:[0-9a-f]+)?\]$|\.localhost$/;
const HOSTS_OF_CONTAINERS = ['host.docker.internal', 'host.containers.internal'];

interface Address {
  /** The one spelling of it. */
  readonly text: string;
  /** Whether it leads to the machine that asks, so that it is another server's on another machine. */
  readonly isLocal: boolean;
}

/** The address of an identity; null where it is none. */
function addressOf(identity: Identity): Address | null {
  if (kindOf(identity) !== 'server') return null;
  const { protocol, port, hostname, pathname } = new URL(identity.slice('server:'.length));
  const name = hostname.replace(/\.$/, '');
  const host = LOOPBACK.includes(name) ? 'localhost' : name;
  const isLocal = host === 'localhost' || LOCAL.test(name) || HOSTS_OF_CONTAINERS.includes(name);
  const at = port === '' ? host : `${host}:${port}`;
  return { text: `${protocol}//${at}${pathname.replace(/\/+$/, '')}`, isLocal };
}

/** Whether two clusters are one, by all that each is known by. Namespace kube-system outlives a Management object. */
export function compareIdentities(a: Identities, b: Identities): Likeness {
  for (const kind of ['kube-system-uid', 'management-uid'] as const) {
    const [ours, theirs] = [a, b].map((side) => side.filter((identity) => kindOf(identity) === kind));
    if (!ours?.length || !theirs?.length) continue;
    return ours.some((identity) => theirs.includes(identity)) ? 'same' : 'different';
  }
  const [ours, theirs] = [a, b].map((side) => side.flatMap((identity) => addressOf(identity)?.text ?? []));
  return ours?.some((one) => theirs?.includes(one)) ? 'same-address' : 'unknown';
}

/**
 * What a cluster is to be known by, after it was seen to be the recorded one: each UID as it is now, and all addresses.
 * An address that leads to the machine that asks counts only as long as there is no UID: elsewhere it is another server's.
 */
export function mergedIdentities(recorded: Identities, seen: Identities): Identities {
  const uids = (['management-uid', 'kube-system-uid'] as const).flatMap((kind) => {
    const ofKind = (identity: Identity) => kindOf(identity) === kind;
    return seen.find(ofKind) ?? recorded.find(ofKind) ?? [];
  });
  const spellings = new Map<string, Identity>();
  for (const identity of [...recorded, ...seen]) {
    const address = addressOf(identity);
    if (address === null || (address.isLocal && uids.length > 0) || spellings.has(address.text)) continue;
    spellings.set(address.text, identity);
  }
  const addresses = [...spellings.values()].slice(0, MAX_ADDRESSES);
  return [...uids, ...addresses, ...recorded.filter((identity) => kindOf(identity) === null)];
}

/**
 * What a cluster that was seen teaches of the recorded one that it is. Where its UIDs cannot be compared with those that
 * are recorded, only an address says that it is the same, which may lead to another cluster by now: then its UIDs are
 * not taken over.
 */
export function learnedIdentities(recorded: Identities, seen: Identities): Identities {
  const isProven = !recorded.some(isUid) || compareIdentities(recorded, seen) === 'same';
  return mergedIdentities(recorded, isProven ? seen : []);
}

/**
 * Whether `merged` says more than `recorded`, so that it is worth a commit: a UID, or the first address. Another address
 * of a server is not: everybody may have one of their own.
 */
export function saysMore(recorded: Identities, merged: Identities): boolean {
  const fresh = merged.filter((identity) => !recorded.includes(identity));
  return fresh.some(isUid) || (fresh.length > 0 && !recorded.some((one) => addressOf(one) !== null));
}
