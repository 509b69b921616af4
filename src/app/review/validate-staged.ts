import { UsageError } from '../../errors.js';
import { MARKER_FILE } from '../../model/subject/layout.js';
import { Findings } from '../../review/finding.js';
import { validateStaged } from '../../review/validate-staged.js';
import { facetOf } from '../../setup/facet-of.js';
import type { Backend } from '../../store/port/backend.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Judge, Reviewed } from './validate-revision.js';

export interface ValidatedStage {
  /** The revision that the commit will follow; null before the first. */
  readonly parent: Revision | null;
  /** False if neither the branch nor the commit has kgit.yaml, so that nothing was checked. */
  readonly isState: boolean;
  readonly findings: Findings;
  readonly counts: Awaited<ReturnType<typeof validateStaged>>;
}

/**
 * Checks what is staged for the next commit.
 * @throws UsageError if the driver has no commits that users make by hand, nothing is checked out, or paths are unmerged
 */
export async function validateStage(
  { opened }: Pick<Reviewed, 'opened'>,
  { now, markerFault }: Judge,
): Promise<ValidatedStage> {
  const review = facetOf(opened, 'review', 'kgit validate --staged');
  const { store } = opened.repository;
  const staged = await review.staged?.();
  if (staged === undefined)
    throw new UsageError(`nothing is checked out of ${opened.path}, so nothing can be staged`, {
      suggestions: ['Run it in a checkout of the repository', 'Or check the branch: kgit validate'],
      data: { feature: 'kgit validate --staged', backend: opened.backend },
    });
  const findings = new Findings();
  const isState = await hasMarker(store, [staged.revision, staged.parent]);
  const counts = isState
    ? await validateStaged(staged, { review, store, now, findings, markerFault })
    : { files: 0, events: 0 };
  return { parent: staged.isFirst ? null : staged.parent, isState, findings, counts };
}

/** Whether one of the revisions has kgit.yaml. A branch of code beside the state branch has none. */
async function hasMarker(store: Backend, revisions: readonly Revision[]): Promise<boolean> {
  for (const revision of revisions)
    if ((await store.view(revision).kindOf(MARKER_FILE)) !== null) return true;
  return false;
}
