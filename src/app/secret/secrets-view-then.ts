import { NotFoundError } from '../../errors.js';
import { deployment } from '../../model/subject/subject.js';
import { SOPS_FILE, secretsFolder } from '../../model/team-secret/secret-name.js';
import type { StateView } from '../../store/port/state-store.js';
import { type Revisions, revisionThen } from '../read/revision-of.js';

/**
 * The files in which the secrets of a deployment were at a REVISION|TIME; null if neither the team shares secrets nor the deployment has
 * any today, or nothing was published then.
 * @param now ms since the epoch
 */
export async function secretsViewThen(
  id: string,
  at: string,
  revisions: Revisions,
  now: number,
): Promise<StateView | null> {
  const { view } = revisions.reading;
  const known = [SOPS_FILE, secretsFolder(deployment(id))].map((path) => view.kindOf(path));
  if ((await Promise.all(known)).every((kind) => kind === null)) return null;
  try {
    return revisions.store.view(await revisionThen(at, revisions, now));
  } catch (error) {
    // Events may be older than the repository: they tell of values, and no file of then is known.
    if (!(error instanceof NotFoundError)) throw error;
    return null;
  }
}
