import { mutable, setAt } from '../../model/state/edit.js';
import { beginsWith, lookUp, parseStatePath, type StatePath } from '../../model/state/state-path.js';
import { deployment } from '../../model/subject/subject.js';
import { SECRET_MARK } from '../../model/team-secret/secret-mark.js';
import type { Value } from '../../model/value/value.js';
import type { Sops } from '../../secrets/sops.js';
import { isStateKey } from '../../store/local/withheld-values.js';
import type { StateView } from '../../store/port/state-store.js';
import { isInsideSecret, secretFiles } from '../../store/read/secret-files.js';
import { revealed } from './stored-secrets.js';

/** A part of a state, with the team's secrets in their places. */
export interface WithSecrets {
  readonly value: Value;
  /** Paths that were not decrypted. */
  readonly hidden: readonly string[];
}

/**
 * Lays the team's secrets at, below or above a path over the state; null if there are none. Throws SecretError if a secret is to be
 * revealed and the user has no key for it.
 * @param sops decrypts them; undefined shows them as secret
 */
export async function withSecrets(
  view: StateView,
  id: string,
  { path, state }: { readonly path: StatePath; readonly state: object | null },
  sops: Sops | undefined,
): Promise<WithSecrets | null> {
  const files = new Map(
    [...(await secretFiles(view, deployment(id)))].filter(
      ([name]) => isStateKey(name) && touches(parseStatePath(name), path),
    ),
  );
  if (files.size === 0) return null;
  const outer = [...files.keys()].find((name) => isInsideSecret(path, name));
  // What a secret holds is as secret as the whole, and so is whether it has this part.
  if (!sops && outer !== undefined) return { value: SECRET_MARK, hidden: [outer] };
  const values = sops ? await revealed(view, files, sops) : null;
  const whole = mutable((state ?? {}) as Value) as Record<string, unknown>;
  for (const name of files.keys())
    setAt(whole, parseStatePath(name), mutable(values?.get(name) ?? SECRET_MARK));
  const { found, value } = lookUp(whole, path);
  if (!found) return null;
  return { value: value as Value, hidden: sops ? [] : [...files.keys()] };
}

/** Whether one of two paths begins with the other. */
function touches(one: StatePath, other: StatePath): boolean {
  return beginsWith(one, other) || beginsWith(other, one);
}
