import { NotFoundError } from '../errors.js';
import type { StateView } from '../store/port/state-store.js';
import { listDeployments } from '../store/read/records.js';

/** Throws NotFoundError, naming near ones, for a deployment that the repository does not know, unless it may be begun. */
export async function requireDeployment(view: StateView, id: string, mayBegin: boolean): Promise<void> {
  const known = await listDeployments(view);
  if (mayBegin || known.includes(id)) return;
  const { didYouMean } = await import('../model/value/near-names.js');
  const near = didYouMean(id, known);
  throw new NotFoundError(`there is no deployment ${id}`, {
    suggestions: [
      ...near,
      'Add --create to begin it',
      ...(known.length > 0 && near.length === 0
        ? [`Known: ${known.slice(0, 5).join(', ')}${known.length > 5 ? ', …' : ''}`]
        : []),
    ],
    data: { deployment: id, known: known.slice(0, 50) },
  });
}
