import { SecretError } from '../../errors.js';
import { shownPath } from '../../model/secret/shown-path.js';
import { formatStatePath, type StatePath } from '../../model/state/state-path.js';
import { deployment } from '../../model/subject/subject.js';
import type { Value } from '../../model/value/value.js';
import { WithheldValues } from '../../store/local/withheld-values.js';
import type { StateView } from '../../store/port/state-store.js';
import { removedSecrets } from '../../store/read/removed-secrets.js';
import { importedSnapshot } from './imported-snapshot.js';

/** Where a withheld value may be found, and where it is recorded as withheld. */
export interface WithheldPlaces {
  readonly view: StateView;
  /** The local folder of the clone. */
  readonly folder: string;
}

/**
 * The value of a state path that the repository lacks because it looked secret when it was imported; undefined if
 * nothing was withheld there, or the team has removed it. Throws SecretError if the value was withheld and is not on this machine.
 */
export async function withheldValue(
  path: StatePath,
  id: string,
  { view, folder }: WithheldPlaces,
): Promise<Value | undefined> {
  const text = formatStatePath(path);
  const value = await new WithheldValues(folder).get(deployment(id), text);
  if (value === undefined) {
    const { withheld } = await importedSnapshot(view, id);
    if (!withheld.includes(shownPath(path))) return undefined;
  }
  // The team shared it since, and removed it.
  if ((await removedSecrets(view, deployment(id))).has(text)) return undefined;
  if (value !== undefined) return value;
  throw new SecretError(`${text} is withheld, and this machine does not have it`, {
    suggestions: [
      'Share it, encrypted: kgit secrets recipients add AGE-RECIPIENT…, then kgit import on the machine that has the files',
      'Or ask on that machine, or import the files that hold it here',
    ],
    data: { deployment: id, path: text },
  });
}
