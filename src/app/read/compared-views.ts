import { NotFoundError, UsageError } from '../../errors.js';
import { shellWord } from '../../model/value/shell-word.js';
import { commonRevision } from '../../review/review-tools.js';
import { facetOf } from '../../setup/facet-of.js';
import type { StateView } from '../../store/port/state-store.js';
import type { Context } from '../open/configured.js';
import { namedRevision } from './revision-of.js';

const SINCE = '...';

/**
 * Returns the two views that `kgit diff FROM [TO]` compares. FROM alone is compared with the current state; `A...B`
 * compares the merge base of both with B. Throws NotFoundError, UsageError.
 */
export async function comparedViews(
  from: string,
  to: string | undefined,
  { opened, reading }: Pick<Context, 'opened' | 'reading'>,
): Promise<{ before: StateView; after: StateView }> {
  const { store } = opened.repository;
  const revisions = { store, reading };
  const dots = from.indexOf(SINCE);
  if (dots < 0) {
    if (from.includes('..')) {
      throw new UsageError('A..B is written as two revisions', {
        suggestions: ['Write kgit diff A B; A...B compares B with the merge base of both'],
      });
    }
    const before = store.view(await namedRevision(from, revisions));
    const after = to === undefined ? reading.view : store.view(await namedRevision(to, revisions));
    return { before, after };
  }
  if (to !== undefined) throw new UsageError('A...B stands alone: it names both sides');
  const [one, other] = [from.slice(0, dots) || 'HEAD', from.slice(dots + SINCE.length) || 'HEAD'];
  const [base, tip] = [await namedRevision(one, revisions), await namedRevision(other, revisions)];
  const review = facetOf(opened, 'review', 'kgit diff A...B');
  const common = await commonRevision(review, base, tip);
  if (common !== null) return { before: store.view(common), after: store.view(tip) };
  const names = [one, other].map((name) => name.slice(0, 80));
  const { cutOff } = store.history;
  throw new NotFoundError(`${names.join(' and ')} have no revision in common here`, {
    suggestions: [
      ...(cutOff ? [`The history is cut off here; fetch all of it: ${cutOff.remedy}`] : []),
      `Compare the two as they are: kgit diff ${[one, other].map(shellWord).join(' ')}`,
    ],
    data: { base, tip },
  });
}
