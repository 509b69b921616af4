import { UsageError } from '../../errors.js';

/** Longest name of a lock, in characters: encoded, it must fit into one name of a file. */
export const MAX_LOCK_NAME = 80;
const NAME = /^[a-z0-9]([a-z0-9._/-]*[a-z0-9])?$/;

/** Whether `name` can name a lock. */
export function isLockName(name: string): boolean {
  return name.length <= MAX_LOCK_NAME && NAME.test(name) && !/\/\/|\/[._-]|[._-]\//.test(name);
}

/** The name itself; throws UsageError when it breaks the rule of names of locks. */
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
 * The name as one part of a ref or path: `/` and `.` percent-encoded, for git takes no `x.lock` and no `..`, and
 * `a` beside `a/b` would clash.
 */
export function encodeLockName(name: string): string {
  return name.replaceAll('/', '%2f').replaceAll('.', '%2e');
}

/** The name that `encodeLockName` made this of; null for any other text. */
export function decodeLockName(text: string): string | null {
  const name = text.replaceAll('%2f', '/').replaceAll('%2e', '.');
  return isLockName(name) && encodeLockName(name) === text ? name : null;
}
