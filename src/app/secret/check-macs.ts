import { EnvironmentError, InvalidStateError, SecretError } from '../../errors.js';
import { formatRecipient } from '../../model/team-secret/recipients.js';
import type { Findings } from '../../review/finding.js';
import type { Sops } from '../../secrets/sops.js';
import type { StateView } from '../../store/port/state-store.js';
import { type StoredSecret, storedSecrets } from './stored-secrets.js';

/** Of how many secrets the MAC was checked. */
export interface CheckedMacs {
  readonly checked: number;
  readonly unchecked: number;
  /** Why some were not checked; null if all were. */
  readonly why: string | null;
}

/**
 * Checks the MAC of each secret that the user has a key for, side by side. Files that are broken otherwise are findings of other
 * checks. Starts no sops if there are no secrets.
 */
export async function checkMacs(view: StateView, sops: Sops, findings: Findings): Promise<CheckedMacs> {
  const { secrets } = await storedSecrets(view);
  let checked = 0;
  let why: string | null = null;
  /** Checks one; false if it cannot be checked. */
  const check = async ({ path, file, text }: StoredSecret): Promise<boolean> => {
    try {
      await sops.decrypt(text, path, file);
    } catch (error) {
      if (error instanceof SecretError || error instanceof EnvironmentError) {
        why ??= error.message;
        return false;
      }
      if (!(error instanceof InvalidStateError)) throw error;
      findings.add('secret-mac', file, error.message.replace(`${file}: `, ''), {
        fix: error.suggestions[0] ?? null,
      });
    }
    checked += 1;
    return true;
  };
  // Whoever has no key for one secret has none for others with the same recipients.
  for (const [first, ...others] of byRecipients(secrets))
    if (first && (await check(first))) await Promise.all(others.map(check));
  return { checked, unchecked: secrets.length - checked, why };
}

function byRecipients(secrets: readonly StoredSecret[]): readonly (readonly StoredSecret[])[] {
  const found = new Map<string, StoredSecret[]>();
  for (const secret of secrets) {
    const name = secret.recipients.map(formatRecipient).join();
    const same = found.get(name) ?? [];
    same.push(secret);
    found.set(name, same);
  }
  return [...found.values()];
}
