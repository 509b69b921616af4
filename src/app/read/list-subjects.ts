import { NotFoundError } from '../../errors.js';
import type { BrokenEvents } from '../../model/event/broken-events.js';
import { type EventRow, eventRow } from '../../model/event/event-row.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import type { StateView } from '../../store/port/state-store.js';
import { listSubjects } from '../../store/read/records.js';
import { summarise } from '../../store/read/summaries.js';

/** A subject of the repository, with the number of its events and the last one. */
export interface ListedSubject {
  readonly subject: string;
  readonly events: number;
  readonly lastEvent: EventRow | null;
}

/**
 * Lists the deployments and clusters that the repository knows.
 * @param kind restricts the list to one kind
 * @param broken how to handle events that cannot be read
 */
export async function listedSubjects(
  view: StateView,
  kind: Extract<Subject['kind'], 'deployment' | 'cluster'> | undefined,
  broken: BrokenEvents,
): Promise<ListedSubject[]> {
  return listed(view, await listSubjects(view, kind), broken);
}

/** A page of subjects, and the `after` of the next page; null if it is the last. */
export interface SubjectPage {
  readonly items: readonly ListedSubject[];
  readonly next: string | null;
}

/**
 * Lists at most `limit` subjects behind `after`. Reads the events of those alone.
 * @throws NotFoundError if the repository does not know `after`
 */
export async function pageSubjects(
  view: StateView,
  kind: 'deployment' | 'cluster' | undefined,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
  broken: BrokenEvents,
): Promise<SubjectPage> {
  const subjects = await listSubjects(view, kind);
  const start = after === undefined ? 0 : subjects.findIndex((one) => formatSubject(one) === after) + 1;
  if (after !== undefined && start === 0)
    throw new NotFoundError(`nothing is recorded of ${after.slice(0, 300)}`, {
      suggestions: ['Begin with the first page again: leave the name out'],
      data: { subject: after.slice(0, 300) },
    });
  const items = await listed(view, subjects.slice(start, start + limit), broken);
  return { items, next: start + limit < subjects.length ? (items.at(-1)?.subject ?? null) : null };
}

async function listed(
  view: StateView,
  subjects: readonly Subject[],
  broken: BrokenEvents,
): Promise<ListedSubject[]> {
  const summaries = await summarise(view, subjects, broken);
  return summaries.map(({ subject, events, last }) => ({
    subject: formatSubject(subject),
    events,
    lastEvent: last && eventRow({ subject, event: last }),
  }));
}
