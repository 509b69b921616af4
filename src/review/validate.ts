import type { ReviewStore } from '../store/review-store.js';
import type { Revision, StateStore } from '../store/state-store.js';
import { checkEventsKept } from './check-events-kept.js';
import { type Counts, checkFiles, type FileCheck } from './check-files.js';
import { type CheckedHistory, checkHistory } from './check-history.js';
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

/** What a revision is checked against. */
export interface Against {
  /** An ancestor that what changed is compared with; null to look at the whole history instead. */
  readonly base: Revision | null;
  /** The revision that was verified before, behind which the history is looked at; null for none. */
  readonly trusted: Revision | null;
}

/**
 * Checks a revision by the rules of `finding.ts`: each file, and, where a base is given, what changed since; else that
 * no commit took an event away.
 */
export async function validate(
  revision: Revision,
  { base, trusted }: Against,
  check: FileCheck & { readonly store: StateStore },
): Promise<Counts & { readonly history: CheckedHistory | null }> {
  const counts = await checkFiles(revision, check);
  if (base !== null) {
    if (base !== revision) {
      await checkSince(base, revision, check, check.findings);
      await checkRules(base, revision, check, check.findings);
    }
    return { ...counts, history: null };
  }
  const { review, store } = check;
  const isKnown = trusted !== null && (await store.resolve(trusted)) !== null;
  const from = isKnown && (await review.isOnLine(trusted, revision)) ? trusted : null;
  return { ...counts, history: await checkHistory(from, revision, check) };
}
