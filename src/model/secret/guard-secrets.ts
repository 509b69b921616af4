import { UsageError } from '../../errors.js';
import type { KgitEvent, SubjectEvent } from '../event.js';
import type { Operation } from '../operation.js';
import { formatSubject } from '../subject.js';
import { findSecrets, findSecretsInText, type SecretFinding } from './find-secrets.js';
import { refuseSecrets } from './refuse-secrets.js';

function findingsOf(item: SubjectEvent): SecretFinding[] {
  const { id, timestamp, changes, ...fields } = item.event;
  return [...findSecretsInText(formatSubject(item.subject), 'name'), ...findSecrets(fields)];
}

function withOverride(event: KgitEvent, reason: string, findings: readonly SecretFinding[]): KgitEvent {
  return { ...event, secret_override: { reason, paths: findings.map(({ path }) => path) } };
}

/**
 * The operation, when nothing in it looks secret; with a reason to write it all the same, that reason is
 * recorded in the events concerned. Throws SecretError, and UsageError for an empty reason.
 */
export function guardSecrets(operation: Operation, reason: string | undefined): Operation {
  if (reason !== undefined && reason.trim() === '') throw new UsageError('--allow-secret needs a reason');
  if (reason !== undefined) refuseSecrets(findSecretsInText(reason));
  const { change } = operation;
  const edited = (change?.edits ?? []).flatMap((edit) =>
    findSecrets(edit.op === 'set' || edit.op === 'merge' ? edit.value : null, edit.path),
  );
  const perEvent = operation.events.map((item) => [
    ...findingsOf(item),
    ...(item.event.id === change?.event ? edited : []),
  ]);
  const all = perEvent.flat();
  if (all.length === 0) return operation;
  if (reason === undefined) refuseSecrets(all);
  const events = operation.events.map((item, i) => {
    const findings = perEvent[i] ?? [];
    return findings.length > 0 ? { ...item, event: withOverride(item.event, reason ?? '', findings) } : item;
  });
  return { ...operation, events };
}
