import { setOwn } from '../value/value.js';
import { findSecrets } from './find-secrets.js';
import { MASK, maskSecrets } from './mask-secrets.js';

const MAX_DEPTH = 40;

/**
 * Masks secrets in a value that others wrote, for output. Text that is secret by its form or its name becomes `***`, as
 * does everything nested too deep.
 */
export function masked(value: unknown, path: readonly (string | number)[] = []): unknown {
  if (path.length > MAX_DEPTH) return MASK;
  if (Array.isArray(value)) return value.map((item, i) => masked(item, [...path, i]));
  if (typeof value === 'object' && value !== null) {
    const shown: Record<string, unknown> = {};
    for (const [key, child] of Object.entries(value))
      setOwn(shown, maskSecrets(key), masked(child, [...path, key]));
    // Some values are secret only in context: next to a name, or as data of a Secret.
    return findSecrets(shown, path).length > 0 ? maskedTogether(shown, path) : shown;
  }
  if (typeof value === 'string' && value.includes('\n')) {
    const text = maskSecrets(value);
    return findSecrets(text, path).length > 0 ? MASK : text;
  }
  return findSecrets(value, path).length > 0 ? MASK : value;
}

const NAMES = ['name', 'key', 'path', 'kind', 'apiVersion'];

function maskedTogether(shown: object, path: readonly (string | number)[]): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(shown)) {
    const isName = NAMES.includes(key) && findSecrets(child, path).length === 0;
    setOwn(all, key, isName ? child : MASK);
  }
  return all;
}
