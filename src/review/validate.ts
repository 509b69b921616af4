import type { ReviewStore } from '../store/review-store.js';
import type { Revision, StateStore } from '../store/state-store.js';
import { checkEventsKept } from './check-events-kept.js';
import { type Counts, checkFiles, type FileCheck } from './check-files.js';
import { checkRules } from './check-rules.js';
import { checkStateEvents } from './check-state-events.js';
import type { Findings } from './finding.js';

/** Checks what two revisions differ in: published events stay as they are, state changes come with their events. */
export async function checkSince(
  base: Revision,
  revision: Revision,
  { review, store }: { readonly review: ReviewStore; readonly store: StateStore },
  findings: Findings,
): Promise<void> {
  const changes = await review.changes(base, revision);
  await checkEventsKept(review, changes, { from: base, to: revision }, findings);
  const older = { view: store.view(base), revision: base };
  await checkStateEvents(older, store.view(revision), changes, findings);
}

/**
 * Checks a revision by the rules of `finding.ts`: each file, and, where a base is given, what changed since.
 * @param base an ancestor
 */
export async function validate(
  revision: Revision,
  base: Revision | null,
  check: FileCheck & { readonly store: StateStore },
): Promise<Counts> {
  const counts = await checkFiles(revision, check);
  if (base !== null && base !== revision) {
    await checkSince(base, revision, check, check.findings);
    await checkRules(base, revision, check, check.findings);
  }
  return counts;
}
