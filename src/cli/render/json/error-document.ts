import type { ErrorJson } from '../../../errors.js';
import { maskSecrets } from '../../../model/secret/mask-secrets.js';
import { API_VERSION } from '../../../store/read/records.js';

/** Masks the secrets in all strings of `value`. */
function maskedTexts(value: unknown): unknown {
  if (typeof value === 'string') return maskSecrets(value);
  if (Array.isArray(value)) return value.map(maskedTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, maskedTexts(child)]));
}

/** Builds the whole JSON of a failure. Errors repeat words of their caller, so secrets in them are masked. */
export function errorDocument(error: ErrorJson): Readonly<Record<string, unknown>> {
  return { apiVersion: API_VERSION, kind: 'Error', error: maskedTexts(error) };
}
