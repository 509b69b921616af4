import type { Subject } from '../../model/subject/subject.js';
import { SOPS_FILE, secretsFolder } from '../../model/team-secret/secret-name.js';
import type { Value } from '../../model/value/value.js';
import type { Settings } from '../../setup/settings.js';
import type { Environment } from '../../setup/this-host.js';
import type { StateView } from '../../store/port/state-store.js';
import { secretFiles, secretText } from '../../store/read/secret-files.js';
import type { SharedSecrets } from '../../sync/plan/shared-secrets.js';
import type { TeamValues } from './team-values.js';

/** The team's secrets of a subject, as far as the user can read them. */
export interface DecryptedSecrets {
  /** By name. */
  readonly values: ReadonlyMap<string, Value>;
  /** Names of those that the user has no key for. */
  readonly locked: readonly string[];
  /** The encrypted texts of `values`. */
  readonly texts: ReadonlyMap<string, string>;
}

const NOTHING: DecryptedSecrets = { values: new Map(), locked: [], texts: new Map() };

/**
 * Returns a function that decrypts all secrets of a subject in a view. sops is run only if there are any. The function throws
 * SecretError, InvalidStateError, EnvironmentError.
 */
export function readerOf(
  settings: Pick<Settings, 'secretKinds' | 'timeout'>,
  environment: Environment,
  view: StateView,
): (subject: Subject) => Promise<DecryptedSecrets> {
  let team: Promise<TeamValues> | undefined;
  return async (subject) => {
    if ((await view.kindOf(secretsFolder(subject))) === null) return NOTHING;
    const files = await secretFiles(view, subject);
    team ??= teamValues(settings, environment);
    const { values, locked } = await (await team).read(view, files);
    const texts = new Map<string, string>();
    for (const [name, file] of files) if (values.has(name)) texts.set(name, await secretText(view, file));
    return { values, locked, texts };
  };
}

/** Loaded on demand: most repositories share no secrets. */
async function teamValues(
  settings: Pick<Settings, 'secretKinds' | 'timeout'>,
  environment: Environment,
): Promise<TeamValues> {
  const [{ TeamValues }, { openSops }] = await Promise.all([
    import('./team-values.js'),
    import('../../setup/open-sops.js'),
  ]);
  return new TeamValues(openSops(settings, environment));
}

/**
 * Returns a function that gives the secrets which the team shares in a view, for imports of legacy files; null if it shares none.
 * What was decrypted in one view is known in the next. The function throws InvalidStateError.
 */
export function teamOf(
  settings: Pick<Settings, 'secretKinds' | 'timeout'>,
  environment: Environment,
): (view: StateView) => Promise<SharedSecrets | null> {
  let values: Promise<TeamValues> | undefined;
  return async (view) => {
    if ((await view.read(SOPS_FILE)) === null) return null;
    const { sharedWith } = await import('./team-values.js');
    if ((await sharedWith(view)) === null) return null;
    values ??= teamValues(settings, environment);
    const team = await values;
    return {
      read: async (files) => (await team.read(view, files)).values,
      decrypt: (text, place) => team.decrypt(text, place),
      seal: (subject, event, secrets) => team.seal(view, subject, event, secrets),
    };
  };
}
