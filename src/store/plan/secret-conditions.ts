/** What holds between the readable state of a deployment and the team's secrets of it. Needs no key. */
import { ConflictError, UsageError } from '../../errors.js';
import type { Change } from '../../model/event/event.js';
import type { Precondition } from '../../model/operation/operation.js';
import { isBlocked } from '../../model/state/apply.js';
import { formatStatePath, lookUp, parseStatePath, type StatePath } from '../../model/state/state-path.js';
import type { DeploymentSubject } from '../../model/subject/subject.js';
import { shellWord } from '../../model/value/shell-word.js';
import type { FileChanges, StateView } from '../port/state-store.js';
import { isInsideSecret, isSecretWithin, secretFiles, secretTexts } from '../read/secret-files.js';

/**
 * Throws for a condition on a path that has a secret: ConflictError if nothing was to be there, UsageError if its value was to be compared.
 * @param names the paths of the secrets
 */
export function checkSecretCondition(condition: Precondition, names: Iterable<string>): void {
  // What a command saw itself, it saw without the secrets.
  if (condition.check === 'unchanged-since' || condition.check === 'lacks' || condition.isImplied) return;
  const { check, path } = condition;
  const name = [...names].find((one) => isSecretWithin(one, path) || isInsideSecret(path, one));
  if (name === undefined) return;
  const text = formatStatePath(path);
  if (check === 'absent') throw notAbsent(text, name);
  throw new UsageError(`${name} is a secret of the team: its value cannot be compared`, {
    suggestions: [
      `Nobody has set it yet: --if-absent ${shellWord(text)}`,
      'Nothing of the deployment has changed since a revision: --if-revision REV',
    ],
    data: { path: text, secret: name },
  });
}

/** The error for a path that must be free and has the secret of this name. */
export function notAbsent(path: string, name: string): ConflictError {
  const what = path === name ? 'is a secret of the team' : `has the secret ${name} of the team`;
  return new ConflictError(`${path} ${what}, expected nothing`, {
    suggestions: [`Look at who set it: kgit history ${shellWord(name)}`],
    data: { path, expected: null, actual: '<secret>' },
  });
}

/** The paths of the secrets of a deployment. Throws InvalidStateError. */
export async function secretNames(view: StateView, subject: DeploymentSubject): Promise<readonly string[]> {
  return [...(await secretFiles(view, subject)).keys()];
}

/** Whether a deployment has the same secrets, in the same files, in two views. Throws InvalidStateError. */
export async function hasSameSecrets(
  one: StateView,
  other: StateView,
  subject: DeploymentSubject,
): Promise<boolean> {
  const [texts, others] = await Promise.all([secretTexts(one, subject), secretTexts(other, subject)]);
  return texts.size === others.size && [...texts].every(([name, text]) => others.get(name) === text);
}

/**
 * Checks readable changes of a deployment against its secrets: what is secret stays secret until an operation has removed it. Throws
 * ConflictError.
 * @param files what the same operation writes: it may put a value in the place of mappings that hold secrets which it removes
 */
export async function checkReadable(
  subject: DeploymentSubject,
  changes: readonly Change[],
  view: StateView,
  files: FileChanges,
): Promise<void> {
  const set = changes.filter(({ after, secret }) => after !== undefined && !secret);
  if (set.length === 0) return;
  const known = [...(await secretFiles(view, subject))];
  const stays = known.filter(([, file]) => files.get(file) !== null);
  for (const change of set) {
    const path = parseStatePath(change.path);
    const [name] =
      known.find(([one]) => isAtOrInside(path, one) || holds(change, path, one)) ??
      stays.find(([one]) => replaces(change, path, one)) ??
      [];
    if (name === undefined) continue;
    throw new ConflictError(`${name} is a secret of the team, which is not written in the clear`, {
      suggestions: [
        `Change it: kgit set --secret ${shellWord(`${name}=-`)}`,
        `Or remove it first: kgit unset ${shellWord(name)}`,
      ],
      data: { path: name, expected: 'no secret', actual: '<secret>' },
    });
  }
}

function isAtOrInside(path: StatePath, name: string): boolean {
  return isInsideSecret(path, name) || formatStatePath(path) === name;
}

/** Whether a value that is set above a secret has a value in its place. */
function holds({ after }: Change, path: StatePath, name: string): boolean {
  return isSecretWithin(name, path) && lookUp(after, parseStatePath(name).slice(path.length)).found;
}

/** Whether a value that is set above a secret has something else in its place, or leaves no place for it. */
function replaces({ after }: Change, path: StatePath, name: string): boolean {
  return isSecretWithin(name, path) && isTaken(after, parseStatePath(name).slice(path.length));
}

/** Whether a readable value is at a path, or a scalar on the way to it. */
export function isTaken(data: unknown, path: StatePath): boolean {
  return lookUp(data, path).found || isBlocked(data, path);
}
