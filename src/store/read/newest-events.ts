import { type BrokenEvents, REFUSE_BROKEN } from '../../model/event/broken-events.js';
import { type EventHead, eventTime, sortByTime } from '../../model/event/event.js';
import type { EventHint } from '../../model/event/event-hint.js';
import { ID_MARGIN_MS, logTime } from '../../model/event/event-time.js';
import { eventIdOfName } from '../../model/subject/layout.js';
import type { Subject } from '../../model/subject/subject.js';
import { ulidTime } from '../../model/value/ulid.js';
import type { StateView } from '../port/state-store.js';
import {
  filesOf,
  listMonths,
  type Month,
  type MonthFiles,
  readMonth,
  type StoredEvent,
} from './stored-events.js';

/** Maximum number of files that are read at a time. */
const MAX_BATCH = 2_000;
/** How many months are listed at first. */
const FIRST_MONTHS = 2;
/** As how many files a sealed month counts, whose number of events is not known before it is read. */
const SEALED_COUNT = 50;

export interface NewestOptions {
  /** How many events are likely to be asked for. */
  readonly ahead: number;
  /** Which events are wanted; others are skipped where that saves work. */
  readonly hint?: EventHint | null;
  /** How events that cannot be read are handled. */
  readonly broken?: BrokenEvents;
}

/** The time of the id in the name of an event file. */
const timeOfName = (name: string | undefined) => ulidTime(eventIdOfName(name ?? '') ?? '');

const logTimeOf = (head: Pick<EventHead, 'id' | 'timestamp'>) => logTime(head.id, eventTime(head));

/** The latest time that an id of this month has. */
function endOf(month: string): number {
  return Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5))) - 1;
}

/** The latest time that the id of an event in these files has. */
function newestOf({ month, isSealed, names }: MonthFiles): number {
  return isSealed || names.length === 0 ? endOf(month) : timeOfName(names.at(-1));
}

/** The event files of a subject that were not read yet. */
class UnreadFiles {
  readonly #view: StateView;
  readonly #subject: Subject;
  readonly #hint: EventHint | null;
  /** Those whose folder was not listed yet, oldest first. */
  #months: Month[] = [];
  /** Newest first. */
  #listed: MonthFiles[] = [];
  #step = FIRST_MONTHS;

  constructor(view: StateView, subject: Subject, hint: EventHint | null) {
    this.#view = view;
    this.#subject = subject;
    this.#hint = hint;
  }

  async begin(): Promise<void> {
    const months = await listMonths(this.#view, this.#subject);
    this.#months = months.filter(({ month }) => this.#hint?.mayBeMonth(month) !== false);
  }

  /** The latest time that the id of an unread event has; `-Infinity` if none is left. */
  get newest(): number {
    const [listed] = this.#listed;
    const month = this.#months.at(-1)?.month;
    if (listed) return newestOf(listed);
    return month === undefined ? Number.NEGATIVE_INFINITY : endOf(month);
  }

  /**
   * Takes the newest files, `count` or more: also those whose events may be newer than the last of them, because those
   * decide about its place.
   */
  async take(count: number): Promise<MonthFiles[]> {
    const taken: MonthFiles[] = [];
    let left = count;
    let floor = Number.POSITIVE_INFINITY;
    for (let files = await this.#next(); files !== null; files = await this.#next()) {
      if (left <= 0 && newestOf(files) < floor) break;
      const { isSealed, names } = files;
      let from = isSealed ? 0 : Math.max(names.length - Math.max(left, 0), 0);
      left -= isSealed ? SEALED_COUNT : names.length - from;
      if (left <= 0 && !isSealed) {
        if (from < names.length) floor = Math.min(floor, timeOfName(names[from]) - ID_MARGIN_MS);
        while (from > 0 && timeOfName(names[from - 1]) >= floor) from -= 1;
      }
      taken.push({ ...files, names: names.slice(from) });
      if (from === 0) this.#listed.shift();
      else this.#listed[0] = { ...files, names: names.slice(0, from), odd: [] };
    }
    return taken;
  }

  /** The newest files; null if none is left. Lists more and more months at a time. */
  async #next(): Promise<MonthFiles | null> {
    while (this.#listed.length === 0 && this.#months.length > 0) {
      const months = this.#months.splice(-this.#step).reverse();
      this.#step *= 2;
      this.#listed = await Promise.all(months.map((month) => this.#list(month)));
    }
    return this.#listed[0] ?? null;
  }

  async #list(month: Month): Promise<MonthFiles> {
    const files = await filesOf(this.#view, this.#subject, month);
    const hint = this.#hint;
    if (hint === null) return files;
    return { ...files, names: files.names.filter((name) => hint.mayBeId(eventIdOfName(name) ?? '')) };
  }
}

/**
 * The events of a subject, newest first by `logTime`, then id. Reads only as far as the caller iterates.
 */
export async function* newestEvents(
  view: StateView,
  subject: Subject,
  { ahead, hint = null, broken = REFUSE_BROKEN }: NewestOptions,
): AsyncGenerator<StoredEvent, void> {
  view.expectReads?.(ahead);
  const unread = new UnreadFiles(view, subject, hint);
  await unread.begin();
  let held: StoredEvent[] = [];
  for (let count = ahead; ; count *= 2) {
    const parts = await unread.take(Math.min(count, MAX_BATCH));
    const read = await Promise.all(parts.map((files) => readMonth(view, subject, files, broken)));
    const wanted = read
      .reverse()
      .flat()
      .filter((event) => hint?.mayBeText(event.text()) !== false);
    held = sortByTime([...wanted, ...held], ({ head }) => head, logTimeOf);
    // No unread event comes later.
    const latest = unread.newest + ID_MARGIN_MS;
    for (let last = held.at(-1); last && logTimeOf(last.head) > latest; last = held.at(-1)) {
      held.pop();
      yield last;
    }
    if (unread.newest === Number.NEGATIVE_INFINITY) return;
  }
}
