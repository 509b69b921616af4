import type { ListedSubject } from '../../../app/read/list-subjects.js';
import type { EventIndex } from './event-index.js';
import type { EventRows } from './event-rows.js';

interface Summary {
  events: number;
  last: readonly [rows: EventRows, row: number];
}

/** Summarises the events of each subject: their number, and the last one by id. The index has to be complete. */
export function subjectSummaries(index: EventIndex): ReadonlyMap<string, Omit<ListedSubject, 'subject'>> {
  const found = new Map<number, Summary>();
  index.eachNewest((rows, row) => {
    const number = rows.number('subject', row);
    const known = found.get(number);
    if (known === undefined) {
      found.set(number, { events: 1, last: [rows, row] });
      return true;
    }
    known.events += 1;
    const [last, at] = known.last;
    if (rows.id(row) > last.id(at)) known.last = [rows, row];
    return true;
  });
  return new Map(
    [...found.values()].map(({ events, last: [rows, row] }) => {
      const lastEvent = rows.event(row);
      return [lastEvent.subject, { events, lastEvent }];
    }),
  );
}
