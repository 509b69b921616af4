import { NotFoundError } from '../../errors.js';
import type { BrokenEvents } from '../../model/event/broken-events.js';
import type { StatePath } from '../../model/state/state-path.js';
import { statePath } from '../../model/subject/layout.js';
import { deployment } from '../../model/subject/subject.js';
import { presentSecrets } from '../../review/secret-rows.js';
import { annotate, type ChangeRow, historyOf, readHistory } from '../../review/state-history.js';
import type { Context } from '../open/configured.js';
import { resolveDeployment } from '../open/subjects.js';

/** Changes of the state of one deployment. */
export interface SubjectChanges {
  readonly subject: string;
  readonly rows: readonly ChangeRow[];
}

/**
 * Reads every change of a path, oldest first; without a path, each value and secret of the state with the change that set it.
 * @param broken how to handle events that cannot be read
 * @throws NotFoundError, InvalidStateError
 */
export async function stateChanges(
  { reading: { view }, settings }: Pick<Context, 'reading' | 'settings'>,
  path: StatePath | null,
  broken: BrokenEvents,
): Promise<SubjectChanges> {
  const id = await resolveDeployment({ view, settings });
  const { state, events } = await readHistory(view, id, broken);
  if (state === null && events.length === 0) {
    throw new NotFoundError(`deployment ${id} has no state: there is no ${statePath(id)}`, {
      suggestions: ["'kgit list deployments' shows those that there are"],
      data: { deployment: id },
    });
  }
  const rows =
    path === null
      ? [...annotate(state ?? {}, events), ...(await presentSecrets(view, deployment(id), events))]
      : historyOf(events, path);
  return { subject: `deployment/${id}`, rows };
}
