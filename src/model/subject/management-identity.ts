/** Identities of management clusters, and whether two sets of them belong to one cluster. */

/** The kinds of identity, strongest first: a UID is unique, an address may lead to another cluster. */
const IDENTITY_KINDS = ['management-uid', 'kube-system-uid', 'server'] as const;
export type IdentityKind = (typeof IDENTITY_KINDS)[number];

/**
 * `management-uid:<uid>`, `kube-system-uid:<uid>` or `server:<url>`. Any other text in kgit.yaml, of a later version or
 * mistyped, is kept and matches nothing.
 */
export type Identity = string;

/** All identities of a cluster; empty if none is known. */
export type Identities = readonly Identity[];

/**
 * `same`: a UID is equal. `same-address`: no UIDs can be compared, but an address is equal. `different`: UIDs of one kind
 * differ. `unknown`: nothing can be compared.
 */
export type Likeness = 'same' | 'same-address' | 'different' | 'unknown';

/** Maximum number of identities read per management cluster. */
export const MAX_IDENTITIES = 16;
/** Maximum number of addresses recorded: a server has few names. */
const MAX_ADDRESSES = 8;
/** Longest identity, in characters. */
export const MAX_IDENTITY = 512;

const UID = /^[A-Za-z0-9][\w.:-]*$/;
const URL_TEXT = /^https?:\/\/[\x21-\x7e]+$/;

/** Whether a text can be an identity: one line of bounded length. */
export function isIdentityText(text: string): boolean {
  return text.length > 0 && text.length <= MAX_IDENTITY && !/[\u0000-\u001f\u007f-\u009f]/.test(text);
}

/** The identity of a kind with a value from a cluster; null if the value is invalid. */
export function identityOf(kind: IdentityKind, value: string): Identity | null {
  const identity = `${kind}:${value}`;
  return kindOf(identity) === kind ? identity : null;
}

/** The kind of an identity; null if this version does not know it. */
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
  /** Whether it is a loopback address, which names another server on another machine. */
  readonly isLocal: boolean;
}

/** The address of an identity; null if it is not an address. */
function addressOf(identity: Identity): Address | null {
  if (kindOf(identity) !== 'server') return null;
  const { protocol, port, hostname, pathname } = new URL(identity.slice('server:'.length));
  const name = hostname.replace(/\.$/, '');
  const host = LOOPBACK.includes(name) ? 'localhost' : name;
  const isLocal = host === 'localhost' || LOCAL.test(name) || HOSTS_OF_CONTAINERS.includes(name);
  const at = port === '' ? host : `${host}:${port}`;
  return { text: `${protocol}//${at}${pathname.replace(/\/+$/, '')}`, isLocal };
}

/** Compares two clusters by all their identities. Namespace kube-system outlives a Management object. */
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
 * The identities to record for a cluster that was recognised: its current UIDs and all addresses.
 * A loopback address counts only while there is no UID: on other machines it names another server.
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
 * The identities to record for the cluster that was observed. If its UIDs cannot be compared with the recorded ones, only
 * an address matches, which may lead to another cluster by now: then its UIDs are not recorded.
 */
export function learnedIdentities(recorded: Identities, seen: Identities): Identities {
  const isProven = !recorded.some(isUid) || compareIdentities(recorded, seen) === 'same';
  return mergedIdentities(recorded, isProven ? seen : []);
}

/**
 * Whether `merged` adds enough to `recorded` for a commit: a UID, or the first address. Further addresses do not count:
 * everybody may use their own.
 */
export function saysMore(recorded: Identities, merged: Identities): boolean {
  const fresh = merged.filter((identity) => !recorded.includes(identity));
  return fresh.some(isUid) || (fresh.length > 0 && !recorded.some((one) => addressOf(one) !== null));
}
