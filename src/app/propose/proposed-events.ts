import { ConflictError, EnvironmentError } from '../../errors.js';
import type { SubjectEvent } from '../../model/event/event.js';
import type { ProposedChange } from '../../model/operation/proposal-text.js';
import type { BothStates } from '../../model/state/net-changes.js';
import { parseEventPath } from '../../model/subject/layout.js';
import { formatSubject } from '../../model/subject/subject.js';
import { commonRevision } from '../../review/review-tools.js';
import type { OpenRepository } from '../../setup/composition.js';
import { facetOf } from '../../setup/facet-of.js';
import type { Revision } from '../../store/port/state-store.js';
import { EventFinder } from '../../store/read/event-finder.js';
import { readState } from '../../store/read/records.js';

/** What a branch adds to the state branch since they diverged. */
export interface Proposed {
  /** Oldest first, without those that the state branch already has. */
  readonly events: readonly SubjectEvent[];
  /** Whether the state branch contains all of this by now, however it was merged. */
  readonly isMerged: boolean;
}

/**
 * Reads what a proposal's branch adds. Throws ConflictError if the two have no revision in common, EnvironmentError if
 * the history is cut off before it, InvalidStateError.
 */
export async function proposedEvents(
  opened: OpenRepository,
  published: Revision,
  tip: Revision,
): Promise<Proposed> {
  const { store } = opened.repository;
  const review = facetOf(opened, 'review', 'a proposal');
  const base = await commonRevision(review, published, tip);
  if (base === null) throw nothingInCommon(opened, published, tip);
  const changes = await review.changes(base, tip);
  const [theirs, ours] = [new EventFinder(store.view(tip)), new EventFinder(store.view(published))];
  const added: SubjectEvent[] = [];
  let known = 0;
  for (const { path, before, after } of changes) {
    const place = before === null && after !== null ? parseEventPath(path) : null;
    if (!place) continue;
    const { subject, id } = place;
    if (await ours.has(subject, id)) known += 1;
    else {
      const stored = await theirs.find(subject, id);
      if (stored) added.push({ subject, event: stored.read() });
    }
  }
  added.sort((a, b) => (a.event.id < b.event.id ? -1 : 1));
  // A merge button may make other commits, but keeps the events: they show what was merged.
  if (added.length > 0 || known > 0) return { events: added, isMerged: added.length === 0 };
  const left = new Set((await review.changes(published, tip)).map(({ path }) => path));
  return { events: [], isMerged: changes.every(({ path }) => !left.has(path)) };
}

function nothingInCommon({ repository }: OpenRepository, published: Revision, tip: Revision) {
  const message = 'the two branches have no commit in common here';
  const data = { revisions: [published, tip] };
  const { cutOff } = repository.store.history;
  if (cutOff === null) return new ConflictError(message, { data });
  return new EnvironmentError(message, { suggestions: [`${cutOff.why}: ${cutOff.remedy}`], data });
}

/**
 * Reads what a proposal's branch adds, for the text of its request to merge. Throws EnvironmentError,
 * InvalidStateError.
 */
export async function proposedChange(
  opened: OpenRepository,
  published: Revision,
  tip: Revision,
): Promise<ProposedChange> {
  const { events } = await proposedEvents(opened, published, tip);
  const { store } = opened.repository;
  const [now, then] = [store.view(published), store.view(tip)];
  const states = new Map<string, BothStates>();
  for (const { subject, event } of events) {
    const name = formatSubject(subject);
    if (subject.kind !== 'deployment' || !event.changes || states.has(name)) continue;
    const [before, after] = [await readState(now, subject.id), await readState(then, subject.id)];
    states.set(name, { before: before ?? {}, after: after ?? {} });
  }
  return { events, states };
}
