/**
 * Where sops may keep the key that a file is encrypted with; named as in the metadata of such a file. A recipient of a plugin of age is
 * a kind of its own, because sops starts `age-plugin-NAME` for it.
 */
export const RECIPIENT_KINDS = [
  'age',
  'age_plugin',
  'pgp',
  'kms',
  'gcp_kms',
  'azure_kv',
  'hc_vault',
] as const;
export type RecipientKind = (typeof RECIPIENT_KINDS)[number];

/** Whether sops asks a service on the network for the key. */
export function isRemoteKind(kind: RecipientKind): boolean {
  return kind !== 'age' && kind !== 'age_plugin' && kind !== 'pgp';
}
