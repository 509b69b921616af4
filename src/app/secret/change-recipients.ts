import { NotFoundError, UsageError } from '../../errors.js';
import {
  formatRecipient,
  lacking,
  type Recipient,
  recipientFault,
  sameRecipients,
} from '../../model/team-secret/recipients.js';
import { SOPS_FILE } from '../../model/team-secret/secret-name.js';
import { changedRecipients, teamRecipients } from '../../model/team-secret/sops-config.js';
import type { Reading, WriteOutcome } from '../../store/outbox/outcomes.js';
import { writeOperation } from '../write/submit.js';
import type { Writing } from '../write/writing.js';
import { storedSecrets } from './stored-secrets.js';

/** Who can decrypt the team's secrets before and after a change. */
export interface ChangedRecipients {
  readonly before: readonly Recipient[];
  readonly after: readonly Recipient[];
  /** How many secrets those who were removed can read. */
  readonly readable: number;
  /** How many secrets are not encrypted for exactly those after the change. */
  readonly due: number;
  /** Null if nothing was to be changed. */
  readonly outcome: WriteOutcome | null;
}

/** Who can decrypt the team's secrets; null if the team shares none. Throws InvalidStateError. */
export async function listRecipients({ view }: Pick<Reading, 'view'>): Promise<readonly Recipient[] | null> {
  return teamRecipients(await view.read(SOPS_FILE));
}

/**
 * Adds and removes recipients in `.sops.yaml`. Secrets that are there stay encrypted for those before, until they are rotated.
 * Throws UsageError for one to be added that nobody can encrypt for, NotFoundError for one to be removed that is none, InvalidStateError,
 * then as `submit`.
 */
export async function changeRecipients(
  writing: Writing,
  change: { readonly add: readonly Recipient[]; readonly remove: readonly Recipient[] },
): Promise<ChangedRecipients> {
  const text = await writing.reading.view.read(SOPS_FILE);
  const before = teamRecipients(text) ?? [];
  checkAdded(change.add);
  checkRemoved(change.remove, before);
  const changed = changedRecipients(text, change);
  const after = teamRecipients(changed) ?? [];
  const { secrets } = await storedSecrets(writing.reading.view);
  const removed = new Set(lacking(before, after).map(formatRecipient));
  const counts = {
    readable: secrets.filter(({ recipients }) => recipients.some((one) => removed.has(formatRecipient(one))))
      .length,
    due: secrets.filter(({ recipients }) => !sameRecipients(recipients, after)).length,
  };
  if (changed === text) return { before, after, ...counts, outcome: null };
  const ids = (recipients: readonly Recipient[]) => recipients.map(({ id }) => id);
  const recipients = { add: ids(change.add), remove: ids(change.remove) };
  const title = `secrets: recipients ${[...change.add.map(() => 'added'), ...change.remove.map(() => 'removed')][0]}`;
  const outcome = await writeOperation(writing, [], { title, recipients });
  return { before, after, ...counts, outcome };
}

/** Throws UsageError for a recipient that nobody can encrypt for: it would stop the writing of secrets for the whole team. */
export function checkAdded(recipients: readonly Recipient[]): void {
  for (const recipient of recipients) {
    const fault = recipientFault(recipient);
    if (fault === null) continue;
    throw new UsageError(fault, {
      suggestions: ['Copy it as a whole, as age-keygen prints it: age-keygen -y key.txt'],
      data: { recipient: recipient.id },
    });
  }
}

/** Throws NotFoundError: a recipient that was mistyped would seem to be removed. */
function checkRemoved(recipients: readonly Recipient[], before: readonly Recipient[]): void {
  const [unknown] = lacking(recipients, before);
  if (unknown === undefined) return;
  const ids = before.map(({ id }) => id);
  throw new NotFoundError(`${unknown.id} is no recipient of the team's secrets`, {
    suggestions: [
      ids.length > 0 ? `These are: ${ids.slice(0, 10).join(', ')}` : 'None are shared here',
      ...(ids.length > 10 ? ['See all of them: kgit secrets recipients list'] : []),
    ],
    data: { recipient: unknown.id, recipients: ids },
  });
}
