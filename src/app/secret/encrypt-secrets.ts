import { SecretError } from '../../errors.js';
import type { SecretWrites } from '../../model/operation/operation.js';
import type { Subject } from '../../model/subject/subject.js';
import { formatRecipient, type Recipient } from '../../model/team-secret/recipients.js';
import { SOPS_FILE, secretFile } from '../../model/team-secret/secret-name.js';
import { teamRecipients } from '../../model/team-secret/sops-config.js';
import type { Value } from '../../model/value/value.js';
import type { Sops } from '../../secrets/sops.js';
import type { StateView } from '../../store/port/state-store.js';

/** Secrets to be written, by path; undefined removes one. */
export type SecretValues = ReadonlyMap<string, Value | undefined>;

/**
 * Encrypts secrets for those who can read the team's secrets in a view; needs no key. Throws SecretError if the team shares none and
 * one is to be written, InvalidStateError, EnvironmentError.
 * @param event id of the event that records them
 */
export async function encryptSecrets(
  { subject, values }: { readonly subject: Subject; readonly values: SecretValues },
  event: string,
  view: StateView,
  sops: Sops,
): Promise<SecretWrites> {
  const removes = [...values.values()].every((value) => value === undefined);
  const recipients = removes ? [] : requireRecipients(teamRecipients(await view.read(SOPS_FILE)));
  const files = await Promise.all(
    [...values].map(async ([path, value]) => {
      const text =
        value === undefined ? null : await sops.encrypt(path, value, recipients, secretFile(subject, path));
      return { path, text };
    }),
  );
  return { subject, event, recipients: removes ? null : recipients.map(formatRecipient), files };
}

/** Those who can read the secrets of a team. Throws SecretError if it shares none. */
export function requireRecipients(recipients: readonly Recipient[] | null): readonly Recipient[] {
  if (recipients !== null && recipients.length > 0) return recipients;
  throw new SecretError('this repository shares no secrets: nobody is named who may read them', {
    suggestions: [
      'Turn it on: kgit secrets recipients add AGE-RECIPIENT…',
      'Make a key of your own first: age-keygen -o ~/.config/sops/age/keys.txt',
    ],
    data: { cause: 'not-shared' },
  });
}
