import { ConflictError, type KgitError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import type { Backend } from '../../store/port/backend.js';
import type { LockOutcome } from '../../store/port/lease-store.js';

function failed(name: string, target: string, outcome: Exclude<LockOutcome, { kind: 'swapped' }>): KgitError {
  if ('error' in outcome) return outcome.error;
  return new ConflictError(`${target}: somebody else moves the lock ${name}`, {
    suggestions: [
      'Have nobody write to either store until the command has ended, then run it again (a migration with --resume)',
    ],
    data: { lock: name },
  });
}

/**
 * Copies each lock that is not there, or has a lower token there: leases go on, and no token ever goes down. Throws
 * ConflictError, RemoteError, RefusedError.
 * @returns how many locks the source has
 */
export async function copyLocks(
  from: Backend,
  to: Backend,
  author: Actor,
  timeoutMs: number,
): Promise<number> {
  const { tips } = await from.leases.list(timeoutMs);
  const there = await to.leases.list(timeoutMs);
  for (const [name, { record }] of tips) {
    const tip = there.tips.get(name) ?? null;
    if (tip !== null && tip.record.token >= record.token) continue;
    const outcome = await to.leases.move({ name, from: tip, records: [record], author }, timeoutMs);
    if (outcome.kind !== 'swapped') throw failed(name, to.target, outcome);
  }
  return tips.size;
}

/** The locks whose tokens are lower in a copy, or that it lacks. */
export async function lowerLocks(from: Backend, to: Backend, timeoutMs: number): Promise<readonly string[]> {
  const [source, copy] = [await from.leases.list(timeoutMs), await to.leases.list(timeoutMs)];
  const isLower = (name: string, token: number) => (copy.tips.get(name)?.record.token ?? -1) < token;
  return [...source.tips].flatMap(([name, { record }]) => (isLower(name, record.token) ? [name] : []));
}
