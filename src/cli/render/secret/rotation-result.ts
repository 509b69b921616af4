import type { Rotation } from '../../../app/secret/rotate-secrets.js';
import { EXIT_CODES } from '../../../errors.js';
import { formatSubject } from '../../../model/subject/subject.js';
import { lacking } from '../../../model/team-secret/recipients.js';
import { counted } from '../../../model/value/counted.js';
import type { CommandResult } from '../../../terminal/output.js';
import { oneLine } from '../../../terminal/terminal-text.js';
import { outcomeJson, unwrittenJson } from '../write/write-result.js';
import { recipientRows } from './recipients-result.js';

/** Builds the result of a rotation: what was encrypted again, and which values to change at their source. */
export function rotationResult({
  rotated,
  recipients,
  current,
  remaining,
  left,
  outcome,
}: Rotation): CommandResult {
  const rows = rotated.map((secret) => ({
    subject: formatSubject(secret.subject),
    path: secret.path,
    readableBefore: recipientRows(lacking(secret.recipients, recipients)),
  }));
  const exposed = rows.filter(({ readableBefore }) => readableBefore.length > 0);
  return {
    json: {
      ...{ rotated: rows, current, remaining, left, recipients: recipientRows(recipients) },
      ...(outcome === null ? unwrittenJson(null) : outcomeJson(outcome)),
    },
    ...(left.length > 0 ? { exitCode: EXIT_CODES.FINDINGS } : {}),
    names: rows.map(({ path }) => path),
    lines: ({ style }) => {
      const leftLines = left.map((message) => `${style('red', '✗')} left as it is: ${oneLine(message)}`);
      if (outcome === null)
        return [
          style('dim', `nothing to rotate: ${counted(current, 'secret')} as the team is today`),
          ...leftLines,
        ];
      const revision = outcome.revision?.slice(0, 10) ?? '';
      return [
        `${style('green', '✓')} ${counted(rows.length, 'secret')} for ${counted(recipients.length, 'recipient')} ${outcome.delivery} ${style('dim', revision)}`,
        ...(remaining > 0 ? [`${counted(remaining, 'secret')} more: run it again`] : []),
        ...(exposed.length > 0
          ? [
              'Change these values at their source: somebody who is no recipient any more could read them',
              ...exposed.map(({ subject, path }) => `  ${style('yellow', '!')} ${subject} ${oneLine(path)}`),
            ]
          : []),
        ...leftLines,
      ];
    },
  };
}
