import { formatStatePath, type StatePath } from '../../model/state/state-path.js';
import { deployment } from '../../model/subject/subject.js';
import { SOPS_FILE, secretsFolder } from '../../model/team-secret/secret-name.js';
import type { StateView } from '../../store/port/state-store.js';
import {
  type Change,
  type ChangedDeployment,
  changeDeployment,
  type Target,
  targetDeployment,
} from './change-state.js';
import type { Writing } from './writing.js';

/** What is removed from a state, and the event that tells of it. */
export interface Unset extends Target, Pick<Change, 'fields' | 'preconditions'> {
  readonly paths: readonly StatePath[];
}

/**
 * Removes paths from the state of a deployment: the readable values at and below them, and the secrets of the team there. Needs no key.
 * Throws as `changeState`.
 */
export async function unsetPaths(
  writing: Writing,
  { paths, fields, preconditions, ...target }: Unset,
): Promise<ChangedDeployment> {
  const id = await targetDeployment(writing, target);
  const edits = paths.map((path) => ({ op: 'unset' as const, path }));
  const secrets = (await sharesSecrets(writing.reading.view, id))
    ? new Map(
        [...paths.map(formatStatePath), ...(await variants(writing, id, paths))].map((name) => [
          name,
          undefined,
        ]),
      )
    : undefined;
  return changeDeployment(writing, id, {
    fields,
    edits,
    ...(preconditions ? { preconditions } : {}),
    ...(secrets ? { secrets } : {}),
  });
}

/** Loaded on demand: few deployments have secrets. */
async function variants({ reading: { view } }: Writing, id: string, paths: readonly StatePath[]) {
  const { fileVariants } = await import('../secret/file-variants.js');
  return fileVariants(view, deployment(id), paths);
}

/** Whether the team shares secrets, or the deployment has some: else an operation need not look for any. */
async function sharesSecrets(view: StateView, id: string): Promise<boolean> {
  const found = await Promise.all(
    [SOPS_FILE, secretsFolder(deployment(id))].map((path) => view.kindOf(path)),
  );
  return found.some((kind) => kind !== null);
}
