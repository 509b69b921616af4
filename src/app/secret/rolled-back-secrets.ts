import { InvalidStateError, UsageError } from '../../errors.js';
import type { SecretWrite } from '../../model/operation/operation.js';
import { shownPath } from '../../model/secret/shown-path.js';
import { mutable, unsetAt } from '../../model/state/edit.js';
import { formatStatePath, lookUp, parseStatePath, type StatePath } from '../../model/state/state-path.js';
import { deployment } from '../../model/subject/subject.js';
import { sameRecipients } from '../../model/team-secret/recipients.js';
import { parseSealedSecret } from '../../model/team-secret/secret-document.js';
import { SOPS_FILE, secretFile } from '../../model/team-secret/secret-name.js';
import { teamRecipients } from '../../model/team-secret/sops-config.js';
import type { State } from '../../review/order-changes.js';
import { isStateKey } from '../../store/local/withheld-values.js';
import type { StateView } from '../../store/port/state-store.js';
import { isInsideSecret, isSecretWithin, secretTexts } from '../../store/read/secret-files.js';
import { importedSnapshot } from '../../sync/plan/imported-snapshot.js';
import type { Revisions } from '../read/revision-of.js';
import { secretsViewThen } from './secrets-view-then.js';

/** What of a deployment's secrets is brought back. */
export interface RolledBackSecrets {
  /** The documents of then, and removals of what was not there. */
  readonly documents: readonly SecretWrite[];
  /** Paths of documents that are encrypted for others than those who can read the team's secrets today. */
  readonly rotate: readonly string[];
  /** Secrets of today that stay as they are. */
  readonly kept: readonly KeptSecret[];
}

/** A secret that stays: its value of then was readable, or was not in the repository, because it was withheld from it. */
export interface KeptSecret {
  readonly path: string;
  readonly formerly: 'readable' | 'withheld';
}

const NONE: RolledBackSecrets = { documents: [], rotate: [], kept: [] };

/**
 * Finds which secrets of a deployment differ from those of then. Takes the older documents as they are, so no key is needed, and
 * whoever could read them then can read them again, as they can in the history. None if the team shares nothing or
 * no revision of then is known. Throws UsageError for a part of a secret, InvalidStateError for a broken document.
 * @param paths the whole state if empty
 * @param former the readable state of then
 */
export async function rolledBackSecrets(
  id: string,
  {
    to,
    paths,
    former,
  }: {
    readonly to: string;
    readonly paths: readonly StatePath[];
    readonly former: State | null;
  },
  revisions: Revisions,
  now: number,
): Promise<RolledBackSecrets> {
  const { view } = revisions.reading;
  const older = await secretsViewThen(id, to, revisions, now);
  if (older === null) return NONE;
  const subject = deployment(id);
  const [today, earlier] = [await secretTexts(view, subject), await secretTexts(older, subject)];
  const names = [...new Set([...today.keys(), ...earlier.keys()])].filter(isStateKey).sort();
  refuseParts(paths, names);
  const current = teamRecipients(await view.read(SOPS_FILE)) ?? [];
  const documents: SecretWrite[] = [];
  const rotate: string[] = [];
  const kept: KeptSecret[] = [];
  const wasWithheld = await withheldThen(older, id);
  for (const path of names) {
    if (paths.length > 0 && !paths.some((one) => isSecretWithin(path, one))) continue;
    const [seen, text] = [today.get(path) ?? null, earlier.get(path) ?? null];
    if (seen === text) continue;
    if (text === null && lookUp(former, parseStatePath(path)).found)
      kept.push({ path, formerly: 'readable' });
    else if (text === null && wasWithheld(path)) kept.push({ path, formerly: 'withheld' });
    else documents.push({ path, text, seen });
    if (text === null) continue;
    const file = secretFile(subject, path);
    const sealed = parseSealedSecret(text, file);
    if (sealed.path !== path)
      throw new InvalidStateError(`${file}: at ${to} it is the secret of another path`, {
        data: { path: file },
      });
    if (!sameRecipients(sealed.recipients, current)) rotate.push(path);
  }
  return { documents, rotate, kept };
}

/**
 * Whether a secret of today may have had a value that the repository lacked: before the team shared any, or where an import withheld
 * it. Removing it would lose it for everybody.
 */
async function withheldThen(older: StateView, id: string): Promise<(path: string) => boolean> {
  if (teamRecipients(await older.read(SOPS_FILE)) === null) return () => true;
  const { withheld } = await importedSnapshot(older, id);
  return (path) => withheld.includes(shownPath(parseStatePath(path)));
}

/** The state without the paths that are secrets and stay so. */
export function withoutSecrets(state: State, kept: readonly KeptSecret[]): State {
  const copy = mutable(state) as State;
  for (const { path } of kept) unsetAt(copy, parseStatePath(path));
  return copy;
}

function refuseParts(paths: readonly StatePath[], names: readonly string[]): void {
  for (const path of paths) {
    const name = names.find((one) => isInsideSecret(path, one));
    if (name === undefined) continue;
    const text = formatStatePath(path);
    throw new UsageError(`${text} is a part of ${name}, which is one secret as a whole`, {
      suggestions: [`Roll back the whole of it: ${name}`],
      data: { path: text, secret: name },
    });
  }
}
