import { SecretError } from '../../errors.js';
import { findSecrets } from '../../model/secret/find-secrets.js';
import type { Edit } from '../../model/state/edit.js';
import { shellWord } from '../../model/value/shell-word.js';
import type { StateView } from '../../store/port/state-store.js';
import type { Writing } from '../write/writing.js';

/**
 * Runs a change of values that a user typed. If one of them is refused because it looks secret, the error also says how it is shared
 * with the team, encrypted. Throws as `change`, and InvalidStateError.
 */
export async function withSharingAdvice<T>(
  { reading }: Pick<Writing, 'reading'>,
  edits: readonly Edit[],
  change: () => Promise<T>,
): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    const found = edits.flatMap((edit) => ('value' in edit ? findSecrets(edit.value, edit.path) : []));
    const path = found.find(({ where }) => where === 'value')?.path;
    if (path === undefined) throw error;
    const suggestions = [...(await sharingSteps(reading.view, path)), ...error.suggestions];
    throw new SecretError(error.message, { suggestions, data: error.data, cause: error });
  }
}

async function sharingSteps(view: StateView, path: string): Promise<readonly string[]> {
  // Loaded on demand: most values are not refused.
  const { sharedWith } = await import('./team-values.js');
  const command = `kgit set --secret ${shellWord(`${path}=-`)}`;
  if ((await sharedWith(view)) !== null)
    return [`Share it with the team, encrypted; it is asked for or read from the standard input: ${command}`];
  return [`Share it with the team, encrypted: kgit secrets recipients add AGE-RECIPIENT…, then ${command}`];
}
