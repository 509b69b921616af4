import { ConflictError } from '../../errors.js';
import type { Change } from '../../model/event/event.js';
import type { RecipientWrites, SecretWrite, SecretWrites } from '../../model/operation/operation.js';
import { formatStatePath, lookUp, parseStatePath } from '../../model/state/state-path.js';
import type { DeploymentSubject } from '../../model/subject/subject.js';
import { ageRecipient, formatRecipient } from '../../model/team-secret/recipients.js';
import { SOPS_FILE, secretFile } from '../../model/team-secret/secret-name.js';
import { changedRecipients, teamRecipients } from '../../model/team-secret/sops-config.js';
import { isStateKey } from '../local/withheld-values.js';
import type { StateView } from '../port/state-store.js';

/**
 * Adds the encrypted files of secrets to `files`, and returns what changes. A secret that is there already with the same text, or that
 * is to be removed and is not there, changes nothing. Needs no key.
 * Throws ConflictError if the team's recipients are others than those that the secrets are encrypted for, or a path that must be
 * free has a secret, or one has a readable value.
 * @param state the state as it will be, null for another subject than a deployment
 */
export async function applySecrets(
  { subject, recipients, files: writes, absent }: SecretWrites,
  view: StateView,
  files: Map<string, string | null>,
  state: unknown,
): Promise<Change[]> {
  await checkRecipients(recipients, view);
  checkHidden(writes, state);
  for (const path of absent) await checkAbsent(path, secretFile(subject, path), view);
  const changes: Change[] = [];
  for (const { path, text } of writes) {
    const file = secretFile(subject, path);
    if ((await view.read(file)) === text) continue;
    files.set(file, text);
    changes.push({ path, secret: true, ...(text === null ? { removed: true } : {}) });
  }
  return changes;
}

async function checkRecipients(expected: readonly string[], view: StateView): Promise<void> {
  const actual = teamRecipients(await view.read(SOPS_FILE))?.map(formatRecipient) ?? [];
  if (actual.join() === expected.join()) return;
  throw new ConflictError(
    'who can read the secrets of the team has changed since this secret was encrypted',
    {
      suggestions: ['Write it again: it is encrypted for those who can read it now'],
      data: { path: SOPS_FILE, expected, actual, cause: 'recipients' },
    },
  );
}

async function checkAbsent(path: string, file: string, view: StateView): Promise<void> {
  if ((await view.kindOf(file)) === null) return;
  throw new ConflictError(`${path} has a secret, expected nothing`, {
    suggestions: [`Look at who set it: kgit history ${path}`],
    data: { path, expected: null, actual: '<secret>' },
  });
}

/** The text of `.sops.yaml` after a change of recipients; null if it changes nothing. Throws InvalidStateError. */
export async function applyRecipients(
  { add, remove }: RecipientWrites,
  view: StateView,
): Promise<string | null> {
  const text = await view.read(SOPS_FILE);
  const change = { add: add.map(ageRecipient), remove: remove.map(ageRecipient) };
  const changed = changedRecipients(text, change);
  return changed === text ? null : changed;
}

/** Throws ConflictError if a path of the state is readable and secret at once. */
function checkHidden(writes: readonly SecretWrite[], state: unknown): void {
  for (const { path, text } of writes) {
    if (text === null || !isStateKey(path) || !lookUp(state, parseStatePath(path)).found) continue;
    throw new ConflictError(`${path} has a readable value`, {
      suggestions: [`Remove it first: kgit unset ${path}`],
      data: { path, expected: null, actual: 'a readable value' },
    });
  }
}

/**
 * Checks readable changes of a deployment against its secrets: what is secret stays secret. Throws ConflictError.
 * @param files what the same operation writes: a secret that it removes may become readable
 */
export async function checkReadable(
  deployment: DeploymentSubject,
  changes: readonly Change[],
  view: StateView,
  files: ReadonlyMap<string, string | null>,
): Promise<void> {
  for (const change of changes) {
    if (change.after === undefined) continue;
    const path = parseStatePath(change.path);
    for (let length = 1; length <= path.length; length++) {
      const above = formatStatePath(path.slice(0, length));
      const file = secretFile(deployment, above);
      if (files.get(file) === null || (await view.kindOf(file)) === null) continue;
      throw new ConflictError(`${above} is a secret of the team, which is not written in the clear`, {
        suggestions: [`Change it: kgit set --secret 'PATH=-'`, `Or remove it first: kgit unset ${above}`],
        data: { path: above, expected: 'no secret', actual: '<secret>' },
      });
    }
  }
}
