import type { Backend } from '../store/port/backend.js';
import type { ChangedFile, Review } from '../store/port/review.js';
import type { Revision } from '../store/port/state-store.js';
import { type Advice, rollbacksOf } from './advice.js';
import { checkEventsKept } from './check/check-events-kept.js';
import { type Counts, checkFiles, type FileCheck } from './check/check-files.js';
import { type CheckedHistory, checkHistory } from './check/check-history.js';
import { checkPreconditions } from './check/check-preconditions.js';
import { checkRules } from './check/check-rules.js';
import type { SignatureCheck } from './check/check-signatures.js';
import { checkStateEvents, touched } from './check/check-state-events.js';
import type { Findings } from './finding.js';

/** Checks the differences between two revisions: published events are unchanged, and state changes have their events. */
async function checkSince(
  base: Revision,
  revision: Revision,
  changes: readonly ChangedFile[],
  { review, store }: { readonly review: Review; readonly store: Backend },
  advice: Advice,
  findings: Findings,
): Promise<void> {
  const range = { from: base, to: revision };
  const told = { ...advice, rollbacks: await rollbacksOf(changes, range, { review, store }) };
  await checkEventsKept(review, changes, range, told, findings);
  const older = { view: store.view(base), revision: base };
  await checkStateEvents(older, store.view(revision), changes, told, findings);
}

/** What a revision is about to be merged into. */
export interface Base {
  /** The tip of the branch. */
  readonly target: Revision;
  /** The newest common ancestor, from which changes are determined. */
  readonly since: Revision;
}

/** What a revision is checked against. */
export interface Against {
  /** Null to check the whole history instead. */
  readonly base: Base | null;
  /** Advice on how to fix what changed since the base. */
  readonly advice: Advice;
  /** The revision that was verified before, after which the history is checked; null for none. */
  readonly trusted: Revision | null;
}

/**
 * Checks a revision by the rules of `finding.ts`: each file, and, with a base, what changed since; without one, that no
 * commit removed an event.
 */
export async function validate(
  revision: Revision,
  { base, trusted, advice }: Against,
  check: FileCheck & SignatureCheck,
): Promise<Counts & { readonly history: CheckedHistory | null }> {
  const changes =
    base === null || base.since === revision ? [] : await check.review.changes(base.since, revision);
  const written = new Set(changes.map(({ path }) => path));
  const counts = await checkFiles(revision, { ...check, written });
  if (base !== null) {
    const { target, since } = base;
    if (since !== revision) {
      await checkSince(since, revision, changes, check, advice, check.findings);
      await checkRules(since, revision, changes, check, check.findings);
      const subjects = touched(changes);
      await checkPreconditions(target, revision, subjects, check.store, check.findings);
    }
    return { ...counts, history: null };
  }
  const { review, store } = check;
  const isKnown = trusted !== null && (await store.history.resolve(trusted)) !== null;
  const from = isKnown && (await review.isOnLine(trusted, revision)) ? trusted : null;
  return { ...counts, history: await checkHistory(from, revision, check) };
}
