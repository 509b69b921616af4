import type { PreviousHolder } from '../../model/lease/lease.js';
import { guardTexts } from '../../model/secret/guard-secrets.js';
import { maskSecrets } from '../../model/secret/mask-secrets.js';
import type { LeaseActor } from './acquisition.js';

/**
 * The reason that is written into a lock: the caller's, and why a secret is allowed. Throws a SecretError that names
 * what looks secret.
 * @param name the lock to be taken
 */
export function guardedReason(by: LeaseActor, name: string | undefined): string | undefined {
  const { holder, author, reason, allowSecret } = by;
  const texts = { lock: name, user: holder.name, host: holder.host, run_id: holder.runId, reason };
  const commit = {
    ...texts,
    author: author.name === holder.name ? undefined : author.name,
    email: author.email,
  };
  if (!guardTexts(commit, allowSecret)) return reason;
  return [reason, `secret allowed: ${allowSecret}`].filter((part) => part !== undefined).join('; ');
}

/** Masks secrets in the previous holder's data: they must not prevent anybody from ending that lease. */
export function withoutSecrets({ name, host, runId, ...rest }: PreviousHolder): PreviousHolder {
  const run = runId === undefined ? {} : { runId: maskSecrets(runId) };
  return { ...rest, ...run, name: maskSecrets(name), host: maskSecrets(host) };
}
