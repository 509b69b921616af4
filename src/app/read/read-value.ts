import { NotFoundError } from '../../errors.js';
import { formatStatePath, lookUp, type StatePath } from '../../model/state/state-path.js';
import { statePath } from '../../model/subject/layout.js';
import { deployment } from '../../model/subject/subject.js';
import { secretsFolder } from '../../model/team-secret/secret-name.js';
import type { Value } from '../../model/value/value.js';
import type { State } from '../../review/order-changes.js';
import type { Environment } from '../../setup/this-host.js';
import type { StateView } from '../../store/port/state-store.js';
import { readState } from '../../store/read/records.js';
import type { Context } from '../open/configured.js';
import { resolveDeployment } from '../open/subjects.js';
import type { Revisions } from './revision-of.js';

export interface ValueQuery {
  /** Empty for the whole state. */
  readonly path: StatePath;
  /** REVISION|TIME; undefined for the state as it is now. */
  readonly at?: string | undefined;
  /** Whether a missing path is an answer, not an error. */
  readonly mayMiss: boolean;
  /** Suggestions for a missing path, shown before the usual one. */
  readonly suggestions?: readonly string[];
  /** Where sops finds the user's key, to decrypt secrets of the team; if left out, they are shown as secret. */
  readonly reveal?: Environment | undefined;
}

export interface FoundValue {
  readonly deployment: string;
  /** Undefined if there is nothing at the path. */
  readonly value: Value | undefined;
  /** Whether an import withheld the value from the repository, so that only this machine has it. */
  readonly isWithheld: boolean;
  /** Paths below `value` that are secrets of the team and were not decrypted: it has `SECRET_MARK` there. */
  readonly hidden: readonly string[];
}

/**
 * Reads a value from the state of a deployment.
 * @param now ms since the epoch
 * @throws NotFoundError if a revision, a deployment or a path is missing
 * @throws SecretError if the value was withheld on another machine
 * @throws InvalidStateError
 */
export async function readValue(
  { opened, reading, settings }: Pick<Context, 'opened' | 'reading' | 'settings'>,
  { path, at, mayMiss, suggestions = [], reveal }: ValueQuery,
  now: number,
): Promise<FoundValue> {
  const { view } = reading;
  const id = await resolveDeployment({ view, settings });
  const revisions = { store: opened.repository.store, reading };
  const state =
    at === undefined ? await readState(view, id) : await stateAsOf(at, id, { revisions, now, mayMiss });
  const { found, value } = lookUp(state ?? {}, path);
  const secrets = await secretsView(at, id, { revisions, now });
  if (secrets !== null) {
    // Loaded on demand: most deployments have no secrets of the team.
    const { withSecrets } = await import('../secret/with-secrets.js');
    const sops = reveal && (await import('../../setup/open-sops.js')).openSops(settings, reveal);
    const whole = await withSecrets(secrets, id, { path, state }, sops);
    if (whole !== null) return { deployment: id, isWithheld: false, ...whole };
  }
  if (found && state !== null)
    return { deployment: id, value: value as Value, isWithheld: false, hidden: [] };
  if (at === undefined) {
    // Loaded on demand: most runs do not need it.
    const { withheldValue } = await import('../../sync/plan/withheld-value.js');
    const withheld = await withheldValue(path, id, { view, folder: opened.localFolder });
    if (withheld !== undefined) return { deployment: id, value: withheld, isWithheld: true, hidden: [] };
  }
  if (!mayMiss) throw missing(formatStatePath(path), id, state === null, suggestions);
  return { deployment: id, value: undefined, isWithheld: false, hidden: [] };
}

/** The files in which the secrets of a deployment are; null if it has none. */
async function secretsView(
  at: string | undefined,
  id: string,
  { revisions, now }: { revisions: Revisions; now: number },
): Promise<StateView | null> {
  const { view } = revisions.reading;
  if (at === undefined) return (await view.kindOf(secretsFolder(deployment(id)))) === null ? null : view;
  // Loaded on demand: most runs do not need it.
  const { secretsViewThen } = await import('../secret/secrets-view-then.js');
  return secretsViewThen(id, at, revisions, now);
}

async function stateAsOf(
  at: string,
  id: string,
  { revisions, now, mayMiss }: { revisions: Revisions; now: number; mayMiss: boolean },
): Promise<State | null> {
  // Loaded on demand: most runs do not need it.
  const { noStateThen, stateThen } = await import('./state-then.js');
  const state = await stateThen(at, id, revisions, now);
  if (state === null && !mayMiss) throw noStateThen(at, id);
  return state;
}

function missing(
  path: string,
  id: string,
  hasNoState: boolean,
  suggestions: readonly string[],
): NotFoundError {
  if (hasNoState) {
    return new NotFoundError(`deployment ${id} has no state: there is no ${statePath(id)}`, {
      suggestions: ["'kgit list deployments' shows those that there are"],
      data: { deployment: id, path },
    });
  }
  const near = path.includes('.') ? `kgit get ${path.slice(0, path.lastIndexOf('.'))}` : 'kgit get';
  return new NotFoundError(`${path} is not in the state of deployment ${id}`, {
    suggestions: [...suggestions, `'${near}' shows what is there; --default VALUE prints a value of yours`],
    data: { deployment: id, path },
  });
}
