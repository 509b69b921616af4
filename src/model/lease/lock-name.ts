import { UsageError } from '../../errors.js';

/** Longest lock name, in characters: encoded, it must fit into a file name. */
export const MAX_LOCK_NAME = 80;
const NAME = /^[a-z0-9]([a-z0-9._/-]*[a-z0-9])?$/;

/** Whether `name` is a valid lock name. */
export function isLockName(name: string): boolean {
  return name.length <= MAX_LOCK_NAME && NAME.test(name) && !/\/\/|\/[._-]|[._-]\//.test(name);
}

/** Returns the name; throws UsageError if it is not a valid lock name. */
export function lockName(name: string): string {
  if (isLockName(name)) return name;
  throw new UsageError(
    `${JSON.stringify(name.slice(0, 60))} cannot name a lock: 1 to ${MAX_LOCK_NAME} characters of a-z, 0-9, '.', '_', '-' and '/', each part beginning and ending with a letter or digit`,
    {
      suggestions: ['For example: network, deployment/k0rdent-abc123, cluster/kcm-system/prod-eu-1'],
      data: { value: name.slice(0, 300), rule: 'lock-name' },
    },
  );
}

/**
 * Encodes the name as one component of a ref or path: `/` and `.` are percent-encoded, because git accepts neither
 * `x.lock` nor `..`, and `a` would clash with `a/b`.
 */
export function encodeLockName(name: string): string {
  return name.replaceAll('/', '%2f').replaceAll('.', '%2e');
}

/** Decodes a name written by `encodeLockName`; null for any other text. */
export function decodeLockName(text: string): string | null {
  const name = text.replaceAll('%2f', '/').replaceAll('%2e', '.');
  return isLockName(name) && encodeLockName(name) === text ? name : null;
}
