import type { PreviousHolder } from '../../model/lease/lease.js';
import { guardTexts } from '../../model/secret/guard-secrets.js';
import { maskSecrets } from '../../model/secret/mask-secrets.js';
import type { LeaseActor } from './acquisition.js';

/**
 * The reason that is written into a lock: that of the caller, and why something secret is let through.
 * @param name of a lock that is taken
 * Throws SecretError that names what looks secret.
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

/** What another wrote of itself is no reason not to end its lease. */
export function withoutSecrets({ name, host, runId, ...rest }: PreviousHolder): PreviousHolder {
  const run = runId === undefined ? {} : { runId: maskSecrets(runId) };
  return { ...rest, ...run, name: maskSecrets(name), host: maskSecrets(host) };
}
