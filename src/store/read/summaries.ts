import { type BrokenEvents, REFUSE_BROKEN, readLaterOrNote } from '../../model/event/broken-events.js';
import type { KgitEvent } from '../../model/event/event.js';
import { eventIdOfName, eventsFolder } from '../../model/subject/layout.js';
import type { Subject } from '../../model/subject/subject.js';
import { inGroups } from '../../model/value/in-groups.js';
import type { Below, Entry, StateView } from '../port/state-store.js';
import { listBelow } from './list-below.js';
import {
  countMonth,
  fileEvent,
  filesOf,
  lastOfMonth,
  type Month,
  monthsIn,
  readListed,
} from './stored-events.js';

/** Most sealed months whose events are in memory at once: each is read as a whole. */
const MOST_SEALED = 64;
/** Most subjects at once of which only the last file is read: all files of a group are asked for together. */
const MOST_OPEN = 4_096;

/** The events of a subject in short. */
export interface Summary {
  readonly subject: Subject;
  readonly events: number;
  /** The last readable one by id. */
  readonly last: KgitEvent | null;
}

/** What the names in the folders of a subject say of its events. */
interface Counted {
  months: readonly Month[];
  /** Number of event files in open months, by month. */
  readonly files: Map<string, number>;
  /** The newest open month with an event file, and the name of the last file there. */
  newest: { readonly month: string; readonly file: string } | null;
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
  const wanted = subjects.map((subject) => {
    const counted: Counted = { months: [], files: new Map(), newest: null, hasOdd: false };
    return { subject, counted };
  });
  const below: Below = {
    choose: (entries, place) => {
      const months = monthsIn(entries);
      const counted = wanted[place]?.counted;
      if (counted) counted.months = months;
      return months.flatMap(({ month, isOpen }) => (isOpen ? month : []));
    },
    take: (entries, place, month) => {
      const counted = wanted[place]?.counted;
      if (counted) count(entries, month, counted);
      return counted?.newest?.month === month ? [counted.newest.file] : [];
    },
  };
  await listBelow(view, subjects.map(eventsFolder), below);
  const sizeOf = ({ counted }: (typeof wanted)[number]) =>
    1 / MOST_OPEN + counted.months.filter(({ isSealed }) => isSealed).length / MOST_SEALED;
  return inGroups(wanted, { sizeOf, most: 1 }, ({ subject, counted }) =>
    summaryOf(view, subject, counted, broken),
  );
}

/** Counts the event files among the entries of a month. */
function count(entries: readonly Entry[], month: string, counted: Counted): void {
  let files = 0;
  let last = '';
  for (const { name, kind } of entries) {
    if (eventIdOfName(name) === null) continue;
    if (kind === 'file') {
      files += 1;
      last = name;
    } else counted.hasOdd = true;
  }
  counted.files.set(month, files);
  if (files > 0 && month >= (counted.newest?.month ?? '')) counted.newest = { month, file: last };
}

async function summaryOf(
  view: StateView,
  subject: Subject,
  { months, files, newest, hasOdd }: Counted,
  broken: BrokenEvents,
): Promise<Summary> {
  if (newest && !hasOdd && !months.some(({ isSealed }) => isSealed)) {
    // Mostly the last event is that of the last file.
    const path = `${eventsFolder(subject)}/${newest.month}/${newest.file}`;
    const last = await readLaterOrNote(broken, path, async () =>
      fileEvent(subject, path, await readListed(view, path)).read(),
    );
    const events = [...files.values()].reduce((sum, one) => sum + one, 0);
    if (last !== null) return { subject, events, last };
  }
  const counts = await Promise.all(
    months.map(async (month) =>
      month.isSealed
        ? countMonth(view, subject, await filesOf(view, subject, month), broken)
        : (files.get(month.month) ?? 0),
    ),
  );
  const events = counts.reduce((sum, one) => sum + one, 0);
  for (const [place, month] of [...months.entries()].reverse()) {
    if (!counts[place] && !hasOdd) continue;
    const last = await lastOfMonth(view, subject, await filesOf(view, subject, month), broken);
    if (last !== null) return { subject, events, last };
  }
  return { subject, events, last: null };
}
