import { UsageError } from '../../errors.js';
import type { KgitEvent, SubjectEvent } from '../event/event.js';
import { type Operation, titleOf } from '../operation/operation.js';
import { formatSubject } from '../subject/subject.js';
import { findSecrets, findSecretsInText, type SecretFinding } from './find-secrets.js';
import { refuseSecrets } from './refuse-secrets.js';
import { keysOfSecret } from './secret-keys.js';

/** Throws UsageError if the reason of `--allow-secret` is empty, SecretError if it contains a secret itself. */
function checkOverride(reason: string | undefined): void {
  if (reason === undefined) return;
  if (reason.trim() === '') throw new UsageError('--allow-secret needs a reason');
  refuseSecrets(findSecretsInText(reason));
}

/**
 * Guards texts that leave this machine outside operations, such as a lock, a branch or a title. Returns whether
 * anything looks secret. Throws SecretError, and UsageError for an empty reason.
 * @param texts by the names that errors use for them
 * @param reason why a text that looks secret is written anyway
 */
export function guardTexts(
  texts: Readonly<Record<string, string | undefined>>,
  reason: string | undefined,
): boolean {
  checkOverride(reason);
  const findings = findSecrets(texts);
  if (reason === undefined) refuseSecrets(findings);
  return findings.length > 0;
}

/**
 * Like `guardTexts`, for names that can be changed, so no reason is accepted: a branch, a title, the actor. Throws
 * SecretError.
 */
export function refuseTexts(texts: Readonly<Record<string, string | undefined>>): void {
  refuseSecrets(findSecrets(texts), ['Call it otherwise: what it is called leaves this machine']);
}

/**
 * Finds secrets in the parts of an operation that are in its commit but in no event: actor, title, learned identities.
 */
function findingsBeside({ actor, title, runId, learned, events }: Operation): SecretFinding[] {
  const [first] = events;
  return findSecrets({
    ...(first?.event.user === actor.name ? {} : { user: actor.name }),
    ...(first?.event.run_id === runId ? {} : { run_id: runId }),
    ...(title === titleOf(events) ? {} : { title }),
    email: actor.email,
    management: learned?.name,
    identity: learned?.identity,
    ...(learned?.others === undefined ? {} : { other_identities: learned.others }),
  });
}

function findingsOf(item: SubjectEvent): SecretFinding[] {
  const { id, timestamp, changes, ...fields } = item.event;
  return [...findSecretsInText(formatSubject(item.subject), 'name'), ...findSecrets(fields)];
}

function withOverride(event: KgitEvent, reason: string, findings: readonly SecretFinding[]): KgitEvent {
  return { ...event, secret_override: { reason, paths: findings.map(({ path }) => path) } };
}

/** Finds secrets in the names of the team's secrets that an operation adds: a name is readable, in the file's name as well. */
function findingsInNames({ secrets = [] }: Operation): SecretFinding[] {
  const added = secrets.flatMap(({ files }) => files).filter(({ text, seen }) => text !== null && !seen);
  return added.flatMap(({ path }) => findSecrets(null, keysOfSecret(path)));
}

/**
 * Returns the operation if nothing in it looks secret. With a reason, returns it with the reason recorded in the events
 * concerned. Throws SecretError, and UsageError for an empty reason.
 */
export function guardSecrets(operation: Operation, reason: string | undefined): Operation {
  checkOverride(reason);
  const { change } = operation;
  const edited = (change?.edits ?? []).flatMap((edit) =>
    findSecrets(edit.op === 'set' || edit.op === 'merge' ? edit.value : null, edit.path),
  );
  const beside = [...findingsBeside(operation), ...findingsInNames(operation)];
  const perEvent = operation.events.map((item, i) => [
    ...findingsOf(item),
    ...(item.event.id === change?.event ? edited : []),
    ...(i === 0 ? beside : []),
  ]);
  const all = operation.events.length === 0 ? beside : perEvent.flat();
  if (all.length === 0) return operation;
  if (reason === undefined) refuseSecrets(all);
  const events = operation.events.map((item, i) => {
    const findings = perEvent[i] ?? [];
    return findings.length > 0 ? { ...item, event: withOverride(item.event, reason ?? '', findings) } : item;
  });
  return { ...operation, events };
}
