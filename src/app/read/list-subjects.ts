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
  const subjects = await listSubjects(view, kind);
  const summaries = await summarise(view, subjects, broken);
  return summaries.map(({ subject, events, last }) => ({
    subject: formatSubject(subject),
    events,
    lastEvent: last && eventRow({ subject, event: last }),
  }));
}
