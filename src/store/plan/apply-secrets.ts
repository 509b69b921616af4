import { ConflictError } from '../../errors.js';
import type { Change } from '../../model/event/event.js';
import type { RecipientWrites, SecretWrite, SecretWrites } from '../../model/operation/operation.js';
import { formatStatePath, parseStatePath } from '../../model/state/state-path.js';
import { ATTRIBUTES_FILE, withMergeAttributes } from '../../model/team-secret/merge-attributes.js';
import { ageRecipient, formatRecipient } from '../../model/team-secret/recipients.js';
import { SOPS_FILE, secretFile } from '../../model/team-secret/secret-name.js';
import { changedRecipients, teamRecipients } from '../../model/team-secret/sops-config.js';
import { isStateKey } from '../local/withheld-values.js';
import type { StateView } from '../port/state-store.js';
import { secretFiles } from '../read/secret-files.js';
import { isTaken } from './secret-conditions.js';

/**
 * Adds the encrypted files of secrets to `files`, and returns what changes. A secret that is there already with the same text, or that
 * is to be removed and is not there, changes nothing. Needs no key.
 * Throws ConflictError if the team's recipients are others than those that the secrets are encrypted for, a path that must be
 * free has a secret, one has a readable value, a secret is not the one that was seen, or one would lie inside another.
 * @param state the state as it will be, null for another subject than a deployment
 */
export async function applySecrets(
  { subject, recipients, files: writes, leavesOut = false }: SecretWrites,
  view: StateView,
  files: Map<string, string | null>,
  state: unknown,
): Promise<Change[]> {
  if (recipients !== null) await checkRecipients(recipients, view);
  checkHidden(writes, state);
  const known = new Map(await secretFiles(view, subject));
  // Paths with secrets below them, also with such that this write removes.
  const holders = new Set([...known.keys()].flatMap(above));
  const changes: Change[] = [];
  // Removals first: a secret may take the place of one around it, or inside it.
  for (const { path, text, seen } of [...writes].sort(
    (a, b) => Number(a.text !== null) - Number(b.text !== null),
  )) {
    const file = secretFile(subject, path);
    const before = await view.read(file);
    if (seen !== undefined && before !== seen) {
      if (leavesOut) continue;
      throw changedMeanwhile(path);
    }
    const outer = above(path).find((one) => known.has(one));
    if (outer !== undefined) throw insideSecret(path, outer);
    const inner = holders.has(path) ? [...known.keys()].filter((name) => above(name).includes(path)) : [];
    if (text === null) {
      for (const name of [path, ...inner]) {
        if (!known.delete(name)) continue;
        files.set(secretFile(subject, name), null);
        changes.push({ path: name, secret: true, removed: true });
      }
      continue;
    }
    if (inner[0] !== undefined) throw insideSecret(inner[0], path);
    known.set(path, file);
    for (const one of above(path)) holders.add(one);
    if (before === text) continue;
    files.set(file, text);
    changes.push({ path, secret: true });
  }
  return changes;
}

/** The paths of the state above that of a secret. */
function above(name: string): readonly string[] {
  if (!isStateKey(name)) return [];
  const path = parseStatePath(name);
  return path.slice(1).map((_part, i) => formatStatePath(path.slice(0, i + 1)));
}

function changedMeanwhile(path: string): ConflictError {
  return new ConflictError(`the secret ${path} has changed meanwhile`, {
    suggestions: [`Look at who changed it: kgit history ${path}`],
    data: { path, expected: 'unchanged', actual: 'changed' },
  });
}

function insideSecret(inner: string, outer: string): ConflictError {
  return new ConflictError(`${inner} is inside of ${outer}, which is one secret as a whole`, {
    suggestions: [
      `Write the whole of it: kgit set --secret '${outer}=-'`,
      `Or remove it first: kgit unset ${outer}`,
    ],
    data: { path: inner, expected: 'no secret', actual: '<secret>' },
  });
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

/**
 * Adds the files of a change of recipients to `files`: `.sops.yaml`, and, as sharing is turned on, how git merges the files of secrets, if
 * the repository has a `.gitattributes`. Throws InvalidStateError.
 */
export async function applyRecipients(
  { add, remove }: RecipientWrites,
  view: StateView,
  files: Map<string, string | null>,
): Promise<void> {
  const text = await view.read(SOPS_FILE);
  const change = { add: add.map(ageRecipient), remove: remove.map(ageRecipient) };
  const changed = changedRecipients(text, change);
  if (changed === text) return;
  files.set(SOPS_FILE, changed);
  if (teamRecipients(text) !== null) return;
  const attributes = await view.read(ATTRIBUTES_FILE);
  const merging = attributes === null ? null : withMergeAttributes(attributes);
  if (merging !== null) files.set(ATTRIBUTES_FILE, merging);
}

/** Throws ConflictError if a path of the state is readable and secret at once. */
function checkHidden(writes: readonly SecretWrite[], state: unknown): void {
  for (const { path, text } of writes) {
    if (text === null || !isStateKey(path) || !isTaken(state, parseStatePath(path))) continue;
    throw new ConflictError(`${path} has a readable value`, {
      suggestions: [`Remove it first: kgit unset ${path}`],
      data: { path, expected: null, actual: 'a readable value' },
    });
  }
}
