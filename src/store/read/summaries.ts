import { type BrokenEvents, REFUSE_BROKEN } from '../../model/event/broken-events.js';
import type { KgitEvent } from '../../model/event/event.js';
import { eventIdOfName, eventsFolder } from '../../model/subject/layout.js';
import type { Subject } from '../../model/subject/subject.js';
import { inGroups } from '../../model/value/in-groups.js';
import type { StateView } from '../port/state-store.js';
import { listEach } from './list-each.js';
import { countMonth, filesOf, lastOfMonth, type Month, monthsIn } from './stored-events.js';

/** Most months whose events are in memory at once: sealed ones are read as a whole. */
const MOST_MONTHS = 64;

/** The events of a subject in short. */
export interface Summary {
  readonly subject: Subject;
  readonly events: number;
  /** The last readable one by id. */
  readonly last: KgitEvent | null;
}

/** A month, and what lies in its folder. */
interface Counted extends Month {
  files: number;
  /** Whether something under the name of an event is no file. */
  hasOdd: boolean;
}

/**
 * Counts the events of subjects, and finds the last of each. All folders are listed together, and events of an open month
 * are counted by the names of their files.
 * @param broken how events that cannot be read are handled
 */
export async function summarise(
  view: StateView,
  subjects: readonly Subject[],
  broken: BrokenEvents = REFUSE_BROKEN,
): Promise<Summary[]> {
  const months: Counted[][] = subjects.map(() => []);
  await listEach(view, subjects.map(eventsFolder), (entries, place) => {
    months[place] = monthsIn(entries ?? []).map((month) => ({ ...month, files: 0, hasOdd: false }));
  });
  const open = subjects.flatMap((subject, place) =>
    (months[place] ?? []).flatMap((month) =>
      month.isOpen ? { month, folder: `${eventsFolder(subject)}/${month.month}` } : [],
    ),
  );
  const folders = open.map(({ folder }) => folder);
  await listEach(view, folders, (entries, place) => {
    const month = open[place]?.month;
    for (const { name, kind } of month ? (entries ?? []) : []) {
      if (month === undefined || eventIdOfName(name) === null) continue;
      if (kind === 'file') month.files += 1;
      else month.hasOdd = true;
    }
  });
  const wanted = subjects.map((subject, place) => ({ subject, months: months[place] ?? [] }));
  const groups = { sizeOf: ({ months: own }: (typeof wanted)[number]) => own.length, most: MOST_MONTHS };
  return inGroups(wanted, groups, ({ subject, months: own }) => summaryOf(view, subject, own, broken));
}

async function summaryOf(
  view: StateView,
  subject: Subject,
  months: readonly Counted[],
  broken: BrokenEvents,
): Promise<Summary> {
  const counts = await Promise.all(
    months.map(async (month) =>
      month.isSealed ? countMonth(view, subject, await filesOf(view, subject, month), broken) : month.files,
    ),
  );
  const events = counts.reduce((sum, count) => sum + count, 0);
  for (const [place, month] of [...months.entries()].reverse()) {
    if (!counts[place] && !month.hasOdd) continue;
    const last = await lastOfMonth(view, subject, await filesOf(view, subject, month), broken);
    if (last !== null) return { subject, events, last };
  }
  return { subject, events, last: null };
}
