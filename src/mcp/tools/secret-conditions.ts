import { type Target, targetDeployment } from '../../app/write/change-state.js';
import type { Writing } from '../../app/write/writing.js';
import { SecretError } from '../../errors.js';
import { findSecrets } from '../../model/secret/find-secrets.js';
import { masked } from '../../model/secret/masked.js';
import { shownPath } from '../../model/secret/shown-path.js';
import { lookUp, parseStatePath } from '../../model/state/state-path.js';
import { sameValue } from '../../model/value/value.js';
import { readState } from '../../store/read/records.js';

/**
 * Refuses conditions about what is not shown: whether such a condition holds would tell a guess from the secret.
 * @param conditions the values that paths must have
 * @throws SecretError if a value looks secret, or what is stored at its path is masked in answers
 * @throws UsageError
 * @throws NotFoundError
 */
export async function refuseSecretConditions(
  writing: Writing,
  target: Target,
  conditions: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const wanted = Object.entries(conditions).map(([path, value]) => ({ path: parseStatePath(path), value }));
  if (wanted.length === 0) return;
  const state = await readState(writing.reading.view, await targetDeployment(writing, target));
  // Some values are secret only beside others, so the whole state is masked.
  const shown = masked(state);
  for (const { path, value } of wanted) {
    const [stored, seen] = [lookUp(state, path), lookUp(shown, path)];
    const isShown = stored.found === seen.found && sameValue(stored.value, seen.value);
    if (isShown && findSecrets(value, path).length === 0) continue;
    throw new SecretError(`no condition may be about ${shownPath(path)}: its value is secret, or looks so`, {
      suggestions: ['Use ifRevision: it holds as long as nothing has changed the state'],
      data: { path: shownPath(path) },
    });
  }
}
