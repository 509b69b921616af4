import { NotFoundError } from '../../errors.js';
import { changedDeployments, diffViews, lastChange, lastChanged } from '../../review/diff.js';
import { listDeployments } from '../../store/read/records.js';
import type { Context } from '../open/configured.js';
import { resolveDeployment } from '../open/subjects.js';
import { comparedViews } from './compared-views.js';
import type { SubjectChanges } from './state-changes.js';

export interface Comparison {
  /** Whether one deployment was asked for, or the repository has only one. */
  readonly isOne: boolean;
  /** Of several deployments, only those that differ. */
  readonly changes: readonly SubjectChanges[];
}

/**
 * Compares the states of deployments between two revisions, with the last event that changed each path. Compares all
 * deployments if several exist and the settings name none.
 * @param from a revision, or `A...B`; if undefined, the last change is returned
 * @param to undefined for the state as it is now
 * @throws NotFoundError, UsageError, InvalidStateError
 */
export async function compareStates(
  context: Pick<Context, 'opened' | 'reading' | 'settings'>,
  from?: string,
  to?: string,
): Promise<Comparison> {
  const { settings, reading } = context;
  const sides = from === undefined ? null : await comparedViews(from, to, context);
  const views = sides ? [sides.before, sides.after] : [reading.view];
  const known = [...new Set((await Promise.all(views.map(listDeployments))).flat())].sort();
  const isOne = settings.deployment !== undefined || known.length < 2;
  const ids = isOne
    ? [await oneOf(known, context)]
    : sides
      ? await changedDeployments(sides.before, sides.after, known)
      : await lastChanged(reading.view, known);
  const all = await Promise.all(
    ids.map(async (id) => ({
      subject: `deployment/${id}`,
      rows: sides ? await diffViews(sides.before, sides.after, id) : await lastChange(reading.view, id),
    })),
  );
  return { isOne, changes: isOne ? all : all.filter(({ rows }) => rows.length > 0) };
}

/** Resolves the requested deployment. Throws NotFoundError if neither side has it. */
async function oneOf(
  known: readonly string[],
  { reading: { view }, settings }: Pick<Context, 'reading' | 'settings'>,
): Promise<string> {
  const [only] = known;
  if (settings.deployment === undefined && known.length === 1 && only !== undefined) return only;
  const id = await resolveDeployment({ view, settings });
  if (known.includes(id)) return id;
  throw new NotFoundError(`there is no deployment ${id}`, {
    suggestions: ["'kgit list deployments' shows those that there are"],
    data: { deployment: id },
  });
}
