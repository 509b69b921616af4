/** Where sops may keep the key that a file is encrypted with; named as in the metadata of such a file. */
export const RECIPIENT_KINDS = ['age', 'pgp', 'kms', 'gcp_kms', 'azure_kv', 'hc_vault'] as const;
export type RecipientKind = (typeof RECIPIENT_KINDS)[number];
