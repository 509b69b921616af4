import type { EventFilter } from './event-filter.js';
import { monthOf } from './layout.js';
import { isUlid, ulidTime } from './ulid.js';

/** The time of an id is its event's, but for the rank among imported equals; what others wrote may lie further off. */
const MARGIN_MS = 24 * 3600 * 1000;

/** The longest month. */
const MONTH_MS = 31 * 24 * 3600 * 1000;

/** What can be said of an event that a filter wants before its file is parsed, or even read: it may be one, or is none. */
export interface EventHint {
  /** Whether ids alone tell many events apart from those wanted. */
  readonly isOfTime: boolean;
  /** The text of any event wanted holds one of these, in any case of letters; null where texts tell nothing. */
  readonly texts: readonly string[] | null;
  mayBeId(id: string): boolean;
  /** Whether an id of this month, `YYYY-MM`, may be. */
  mayBeMonth(month: string): boolean;
  mayBeText(text: string): boolean;
}

/**
 * The longest part of a word that stands in a file as it is, wherever the word is a value there: letters and
 * digits are never split or quoted, but by a backslash.
 */
function core(word: string): string {
  const runs = word.match(/[A-Za-z0-9]+/g) ?? [];
  return runs.reduce((longest, run) => (run.length > longest.length ? run : longest), '');
}

/** The length of the shortest of some words: what is long is rare. */
function shortest(words: readonly string[]): number {
  return Math.min(...words.map((word) => word.length));
}

/** A backslash may write any letter; the other two are letters whose small forms begin with k and i. */
const HIDING = ['\\', '\u212a', '\u0130'] as const;

/** The hint that a filter gives; null where it says nothing. Events of these ids pass whatever they are. */
export function hintOf(filter: EventFilter, ids: readonly string[]): EventHint | null {
  const always = ids.filter(isUlid);
  const { since, until, actions, users, outcomes, phases, runs, grep } = filter;
  // Of one kind any word does; a word without letters and digits tells nothing.
  const kinds = [actions, users, outcomes, phases, runs]
    .map((words) => words.map(core))
    .filter((words) => words.length > 0 && words.every(Boolean));
  const needles = grep.map((needle) => core(needle).toLowerCase());
  const greps = needles.length > 0 && needles.every(Boolean);
  const isOfTime = since !== undefined || until !== undefined;
  const [rarest] = [...kinds, ...(greps ? [needles] : [])].sort((a, b) => shortest(b) - shortest(a));
  if (!isOfTime && !rarest) return null;
  const [from, to] = [
    (since ?? Number.NEGATIVE_INFINITY) - MARGIN_MS,
    (until ?? Number.POSITIVE_INFINITY) + MARGIN_MS,
  ];
  return {
    isOfTime,
    texts: rarest ? [...rarest, ...HIDING, ...always] : null,
    mayBeId(id) {
      const time = ulidTime(id);
      return (time >= from && time < to) || always.includes(id);
    },
    mayBeMonth(month) {
      const begin = Date.parse(`${month}-01T00:00:00Z`);
      return (begin < to && begin + MONTH_MS > from) || always.some((id) => monthOf(id) === month);
    },
    mayBeText(text) {
      if (text.includes('\\') || always.some((id) => text.includes(id))) return true;
      if (!kinds.every((words) => words.some((word) => text.includes(word)))) return false;
      if (!greps) return true;
      const low = text.toLowerCase();
      return needles.some((needle) => low.includes(needle));
    },
  };
}
