import type { Review, ReviewTools } from '../store/port/review.js';
import type { Revision } from '../store/port/state-store.js';

/** Advice for stores whose users have no tools for their files. */
const NO_TOOLS: ReviewTools = {
  show: (revision) => `look at revision ${revision}`,
  missing: (older, newer) => `look for the revisions from ${newer} to ${older} in a backup`,
  versions: (path) => `look at ${path} in older revisions`,
  removals: () => 'compare with a backup',
  restore: (revision, path) => `write ${path} as it was at revision ${revision}`,
  restoreProposed: (revision, path) => `write ${path} as it was at revision ${revision}`,
  withdraw: (path) => `remove ${path} from the store`,
  withdrawProposed: (path) => `remove ${path} from the store`,
  restoreBefore: (revision, path) => `write ${path} as it was before revision ${revision}`,
  differencesSince: (revision, path) => `comparing ${path} with what it was before revision ${revision}`,
  remove: (path) => `remove ${path} from the store`,
  forget: (path) => `remove ${path} from the store`,
  makePlain: (path) => `write ${path} as a plain file`,
  correct: (path) => `Write ${path} anew`,
  complete: () => 'a complete copy',
};

/** Returns the driver's tools for findings; neutral advice if it has none. */
export const toolsOf = ({ tools }: Pick<Review, 'tools'>): ReviewTools => tools ?? NO_TOOLS;

/** Returns the newest common revision of two; null if none is known here. */
export async function commonRevision(
  review: Review,
  one: Revision,
  other: Revision,
): Promise<Revision | null> {
  if (review.mergeBase) return review.mergeBase(one, other);
  if (await review.isOnLine(one, other)) return one;
  return (await review.isOnLine(other, one)) ? other : null;
}
