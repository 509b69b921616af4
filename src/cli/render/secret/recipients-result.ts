import type { ChangedRecipients } from '../../../app/secret/change-recipients.js';
import { formatRecipient, lacking, type Recipient } from '../../../model/team-secret/recipients.js';
import { counted } from '../../../model/value/counted.js';
import type { CommandResult } from '../../../terminal/output.js';
import { outcomeJson, unwrittenJson } from '../write/write-result.js';

/** The recipients as rows of a result. */
export function recipientRows(
  recipients: readonly Recipient[],
): { readonly kind: string; readonly recipient: string }[] {
  return recipients.map(({ kind, id }) => ({ kind, recipient: id }));
}

/** Builds the list of those who can decrypt the team's secrets; null if the team shares none. */
export function recipientsResult(recipients: readonly Recipient[] | null): CommandResult {
  const found = recipients ?? [];
  return {
    json: { shared: recipients !== null, recipients: recipientRows(found) },
    rows: recipientRows(found),
    names: found.map(({ id }) => id),
    lines: ({ style }) =>
      recipients === null
        ? [style('dim', 'no secrets are shared here; turn it on: kgit secrets recipients add AGE…')]
        : found.map(formatRecipient),
  };
}

/** Builds the result of a change of recipients. */
export function recipientsChanged({
  before,
  after,
  readable,
  due,
  outcome,
}: ChangedRecipients): CommandResult {
  const added = lacking(after, before);
  const removed = lacking(before, after);
  return {
    json: {
      ...{
        added: recipientRows(added),
        removed: recipientRows(removed),
        recipients: recipientRows(after),
        readable,
        due,
      },
      ...(outcome === null ? unwrittenJson(null) : outcomeJson(outcome)),
    },
    names: after.map(({ id }) => id),
    lines: ({ style }) => {
      if (outcome === null) return [style('dim', 'nothing changed')];
      const revision = outcome.revision?.slice(0, 10) ?? '';
      return [
        `${style('green', '✓')} ${counted(after.length, 'recipient')} ${outcome.delivery} ${style('dim', revision)}`,
        ...added.map((one) => `  ${style('green', '+')} ${formatRecipient(one)}`),
        ...removed.map((one) => `  ${style('red', '-')} ${formatRecipient(one)}`),
        ...(added.length > 0 && due > 0
          ? [
              `They can read what is written from now on. ${counted(due, 'secret')} from before: kgit secrets rotate, by somebody who has a key`,
            ]
          : []),
        ...(removed.length > 0
          ? [
              after.length === 0
                ? `No recipient is left: secrets are not shared any more. They can read ${counted(readable, 'secret')} now, and in the history for ever`
                : `They can read ${counted(readable, 'secret')} now, and in the history for ever. Next: kgit secrets rotate, then change the values at their source`,
            ]
          : []),
      ];
    },
  };
}
