import { InvalidStateError, UsageError } from '../../errors.js';
import { isMap } from '../value/value.js';
import { hasChecksum } from './bech32.js';
import { RECIPIENT_KINDS, type RecipientKind } from './recipient-kinds.js';

/** Who can decrypt a file: the public key of a person, or a key of a service. */
export interface Recipient {
  readonly kind: RecipientKind;
  /** `age1…`, a fingerprint, the name or the address of a key. */
  readonly id: string;
}

/** Largest number of recipients, so that a hostile file makes no long command line. */
const MAX_RECIPIENTS = 200;
/** Longest recipient, in characters: an ssh key of RSA with 4096 bits has 724. */
const MAX_ID = 1100;
/** What sops's own lists separate recipients with cannot be part of one; nor can what a terminal would obey. */
const ID = /^[\x21-\x2b\x2d-\x7e]{1,500}$/;
/** The characters of Bech32 after its separator, which is `1`: with one separator the recipient is age's own. */
const BECH32 = '[02-9ac-hj-np-z]';
/** How sops writes the recipients of a kind, in a rule of `.sops.yaml` as well as on its command line. */
const FORMS: Readonly<Record<RecipientKind, RegExp>> = {
  /** The public key of a person or machine, or an ssh key. */
  age: new RegExp(`^(?:age1${BECH32}{58}|ssh-(?:ed25519|rsa) [A-Za-z0-9+/=]{40,1000})$`),
  /** Two separators: sops starts `age-plugin-yubikey` for `age1yubikey1…`. */
  age_plugin: new RegExp(`^age1[a-z0-9+._-]{1,40}1${BECH32}{6,300}$`),
  pgp: ID,
  /** An ARN, and after `+` that of a role. */
  kms: /^arn:[\x21-\x2b\x2d-\x7e]{1,500}$/,
  gcp_kms: ID,
  /** With a version: without one, sops would ask the vault for the latest, and each secret might be for another. */
  azure_kv: /^https:\/\/[\w.:-]+\/keys\/[\w-]+\/\w+$/,
  hc_vault: /^https?:\/\/[\w.:[\]-]+\/v1\/[\w./-]+\/keys\/[\w.-]+$/,
};

/** The recipient as one word: `age:age1…`. */
export function formatRecipient({ kind, id }: Recipient): string {
  return `${kind}:${id}`;
}

/** Checks what a user named as an age recipient; the comment of an ssh key is left out. Throws UsageError. */
export function ageRecipient(text: string): Recipient {
  const id = text.trim().replace(/^(ssh-\S+ +\S+) .*$/, '$1');
  const kind = ageKind(id);
  if (kind !== undefined) return { kind, id };
  // The text may be a private key, pasted by mistake: it is not repeated.
  throw new UsageError('that is no age recipient: one begins with age1, ssh-ed25519 or ssh-rsa', {
    suggestions: ['Make a key: age-keygen -o key.txt prints the recipient as its public key'],
  });
}

/** Whether an id is that of age itself or of a plugin; undefined if it is neither. */
function ageKind(id: string): 'age' | 'age_plugin' | undefined {
  return (['age', 'age_plugin'] as const).find((kind) => FORMS[kind].test(id));
}

/**
 * What is wrong with a recipient of age that sops could not encrypt for, such as one that was mistyped; null if nothing is.
 * Whoever adds one, checks it; one that is there can still be removed.
 */
export function recipientFault({ kind, id }: Recipient): string | null {
  if (kind !== 'age' && kind !== 'age_plugin') return null;
  const isValid = id.startsWith('ssh-') ? isSshKey(id) : hasChecksum(id);
  return isValid ? null : `${id} is no recipient: its checksum or length does not fit`;
}

/** Whether the data of an ssh key are of the kind that it begins with, and as long as they should be (RFC 4253, 6.6; RFC 8709). */
function isSshKey(id: string): boolean {
  const [name = '', data = ''] = id.split(' ');
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length < 4 + name.length || bytes.readUInt32BE(0) !== name.length) return false;
  if (bytes.toString('latin1', 4, 4 + name.length) !== name) return false;
  return name !== 'ssh-ed25519' || bytes.length === 4 + name.length + 4 + 32;
}

/** @param named the kind by the key that an id is found under, which is the same for age and its plugins */
function checked(named: RecipientKind, id: unknown, file: string): Recipient {
  if (typeof id === 'string' && id.length <= MAX_ID && !id.startsWith('-')) {
    const kind = named === 'age' ? ageKind(id) : named;
    if (kind !== undefined && FORMS[kind].test(id)) return { kind, id };
  }
  throw new InvalidStateError(`${file}: a recipient of kind ${named} is not valid`, {
    data: { path: file },
    suggestions: SUGGESTED[named] ?? [],
  });
}

const SUGGESTED: Partial<Record<RecipientKind, readonly string[]>> = {
  azure_kv: ['Name a key with its version: https://NAME.vault.azure.net/keys/KEY/VERSION'],
  hc_vault: ['Name a key of the transit engine: https://vault.example.com:8200/v1/ENGINE/keys/KEY'],
};

function limited(recipients: readonly Recipient[], file: string): readonly Recipient[] {
  if (recipients.length <= MAX_RECIPIENTS) return recipients;
  throw new InvalidStateError(`${file}: more than ${MAX_RECIPIENTS} recipients`, { data: { path: file } });
}

/** The kinds that metadata and rules name; recipients of plugins stand among those of age. */
type NamedKind = Exclude<RecipientKind, 'age_plugin'>;
const NAMED_KINDS = RECIPIENT_KINDS.filter((kind) => kind !== 'age_plugin');

/** A recipient by an entry of the metadata of an encrypted file, in the form of a rule, as sops's `ToString` has it. */
const METADATA: Readonly<Record<NamedKind, (entry: Record<string, unknown>) => unknown>> = {
  age: (entry) => entry['recipient'],
  pgp: (entry) => entry['fp'],
  kms: ({ arn, role }) => (typeof role === 'string' && role !== '' ? `${arn}+${role}` : arn),
  gcp_kms: (entry) => entry['resource_id'],
  azure_kv: ({ vault_url, name, version }) => `${vault_url}/keys/${name}/${version}`,
  hc_vault: ({ vault_address, engine_path, key_name }) =>
    `${vault_address}/v1/${engine_path}/keys/${key_name}`,
};

/** What an entry of a kind has beside what names its key. */
const ENTRY_KEYS: Readonly<Record<NamedKind, readonly string[]>> = {
  age: ['recipient', 'enc'],
  pgp: ['fp', 'enc', 'created_at'],
  kms: ['arn', 'enc', 'created_at', 'role', 'context', 'aws_profile'],
  gcp_kms: ['resource_id', 'enc', 'created_at'],
  azure_kv: ['vault_url', 'name', 'version', 'enc', 'created_at'],
  hc_vault: ['vault_address', 'engine_path', 'key_name', 'enc', 'created_at'],
};

/** What else the metadata of a file may say: sops writes no more for a file of kgit. */
const BESIDE = ['lastmodified', 'mac', 'version', 'encrypted_regex'];

/** Throws InvalidStateError for a key with content that is not known: it may name a server to be asked. */
function refuseUnknown(data: Record<string, unknown>, known: readonly string[], file: string): void {
  const isEmpty = (value: unknown) => value === null || (Array.isArray(value) && value.length === 0);
  const odd = Object.entries(data).find(([key, value]) => !known.includes(key) && !isEmpty(value));
  if (odd === undefined) return;
  throw new InvalidStateError(`${file}: kgit does not know ${JSON.stringify(odd[0].slice(0, 60))}`, {
    data: { path: file },
    suggestions: [`What it may have: ${known.join(', ')}`],
  });
}

/**
 * The recipients that the metadata of an encrypted file names, sorted. Throws InvalidStateError for what sops would read
 * and kgit does not know, because nobody could tell whom sops would ask.
 * @param metadata what is under `sops:`
 */
export function recipientsOfFile(metadata: unknown, file: string): readonly Recipient[] {
  if (!isMap(metadata))
    throw new InvalidStateError(`${file}: it is not encrypted by sops`, { data: { path: file } });
  refuseUnknown(metadata, [...NAMED_KINDS, ...BESIDE], file);
  const found = NAMED_KINDS.flatMap((kind) => {
    const entries = metadata[kind] ?? [];
    if (!Array.isArray(entries))
      throw new InvalidStateError(`${file}: ${kind} is no list`, { data: { path: file } });
    return entries.map((entry) => {
      if (isMap(entry)) refuseUnknown(entry, ENTRY_KEYS[kind], file);
      return checked(kind, isMap(entry) ? METADATA[kind](entry) : undefined, file);
    });
  });
  return limited(sorted(found), file);
}

/** How recipients are named in a creation rule of `.sops.yaml`. */
const RULE_KEYS: Readonly<Record<string, NamedKind>> = {
  age: 'age',
  pgp: 'pgp',
  kms: 'kms',
  gcp_kms: 'gcp_kms',
  azure_keyvault: 'azure_kv',
  hc_vault_transit_uri: 'hc_vault',
};

/** The recipients that a creation rule names, sorted. Throws InvalidStateError. */
export function recipientsOfRule(rule: Record<string, unknown>, file: string): readonly Recipient[] {
  refuseUnknown(rule, [...Object.keys(RULE_KEYS), 'path_regex', 'encrypted_regex'], file);
  const found = Object.entries(RULE_KEYS).flatMap(([key, kind]) => {
    const value = rule[key];
    const ids = typeof value === 'string' ? value.split(',') : (value ?? []);
    if (!Array.isArray(ids))
      throw new InvalidStateError(`${file}: ${key} is no list`, { data: { path: file } });
    return ids
      .map((id) => (typeof id === 'string' ? id.trim() : id))
      .filter((id) => id !== '')
      .map((id) => checked(kind, id, file));
  });
  return limited(sorted(found), file);
}

function sorted(recipients: readonly Recipient[]): readonly Recipient[] {
  const byText = new Map(recipients.map((recipient) => [formatRecipient(recipient), recipient]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, recipient]) => recipient);
}

/** Whether two sorted lists name the same recipients. */
export function sameRecipients(some: readonly Recipient[], others: readonly Recipient[]): boolean {
  return some.map(formatRecipient).join() === others.map(formatRecipient).join();
}

/** The recipients of one list that another lacks. */
export function lacking(some: readonly Recipient[], others: readonly Recipient[]): readonly Recipient[] {
  const known = new Set(others.map(formatRecipient));
  return some.filter((recipient) => !known.has(formatRecipient(recipient)));
}
