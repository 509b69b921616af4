import { monthOf } from '../subject/layout.js';
import { isUlid, ulidsFrom } from '../value/ulid.js';
import type { EventHead, KgitEvent } from './event.js';
import { type EventFilter, headMatches, matches } from './event-filter.js';
import { ID_MARGIN_MS } from './event-time.js';

/** The longest month. */
const MONTH_MS = 31 * 24 * 3600 * 1000;

/** A cheap test for whether an event can match a filter, before its file is parsed or even read. */
export interface EventHint {
  /** Whether ids alone rule out many events. */
  readonly isOfTime: boolean;
  /**
   * Events that match are hardly ever published before this time, in ms since the epoch; negative infinity if there is no
   * such time.
   */
  readonly publishedFrom: number;
  /** Every matching event's text contains one entry of each list, ignoring case; the rarest list comes first. */
  readonly texts: readonly (readonly string[])[];
  /** No event that matches has an id, or is of a month, that sorts before these; both are empty if there is no such bound. */
  readonly from: { readonly id: string; readonly month: string };
  mayBeId(id: string): boolean;
  /** Whether an event of this month, `YYYY-MM`, can match. */
  mayBeMonth(month: string): boolean;
  /** Whether an event with this head can match. */
  mayBeHead(head: EventHead): boolean;
  mayBeText(text: string): boolean;
  /** Whether this event matches, or always passes. */
  isWanted(event: KgitEvent): boolean;
}

/**
 * The parts of a word that stand in a file as they are, wherever the word is a value there, the longest first:
 * letters and digits are never split or quoted, but by a backslash.
 */
function cores(word: string): readonly string[] {
  const runs = [...new Set(word.match(/[A-Za-z0-9]+/g) ?? [])];
  return runs.sort((a, b) => b.length - a.length);
}

/** Lists of texts of which a file that holds any of the words holds one each; none where nothing can be said. */
function groupsOf(words: readonly string[]): readonly (readonly string[])[] {
  const parts = words.map(cores);
  if (parts.length === 1) return (parts[0] ?? []).map((part) => [part]);
  const first = parts.flatMap(([longest]) => longest ?? []);
  return first.length > 0 && first.length === words.length ? [first] : [];
}

/** How rare texts may be that hold any of these: long ones are, and those with digits. */
function rarity(words: readonly string[]): number {
  return Math.min(...words.map((word) => word.length + (/\d/.test(word) ? 10 : 0)));
}

/** A backslash may write any letter; the other two are letters whose small forms begin with k and i. */
const HIDING = ['\\', '\u212a', '\u0130'] as const;

/** The hint for a filter; null if the filter rules nothing out. Events with these ids always pass. */
export function hintOf(filter: EventFilter, ids: readonly string[]): EventHint | null {
  const always = ids.filter(isUlid);
  const { since, until, actions, users, outcomes, phases, runs, grep } = filter;
  const kinds = [actions, users, outcomes, phases, runs].flatMap(groupsOf);
  const needles = groupsOf(grep.map((needle) => needle.toLowerCase()));
  const isOfTime = since !== undefined || until !== undefined;
  const groups = [...kinds, ...needles].sort((a, b) => rarity(b) - rarity(a));
  if (!isOfTime && groups.length === 0) return null;
  const [from, to] = [
    (since ?? Number.NEGATIVE_INFINITY) - ID_MARGIN_MS,
    (until ?? Number.POSITIVE_INFINITY) + ID_MARGIN_MS,
  ];
  const [firstId, endId] = [ulidsFrom(from), ulidsFrom(to)];
  const [first = ''] = [firstId, ...always].sort();
  return {
    isOfTime,
    publishedFrom: always.length > 0 ? Number.NEGATIVE_INFINITY : (since ?? Number.NEGATIVE_INFINITY),
    texts: groups.map((texts) => [...texts, ...HIDING, ...always]),
    from: { id: first, month: first === '' ? '' : monthOf(first) },
    mayBeId: (id) => (id >= firstId && id < endId) || always.includes(id),
    mayBeMonth(month) {
      const begin = Date.parse(`${month}-01T00:00:00Z`);
      return (begin < to && begin + MONTH_MS > from) || always.some((id) => monthOf(id) === month);
    },
    mayBeHead: (head) => always.includes(head.id) || headMatches(head, filter),
    mayBeText(text) {
      if (text.includes('\\') || always.some((id) => text.includes(id))) return true;
      if (!kinds.every((words) => words.some((word) => text.includes(word)))) return false;
      const low = needles.length > 0 ? text.toLowerCase() : '';
      return needles.every((parts) => parts.some((part) => low.includes(part)));
    },
    isWanted: (event) => always.includes(event.id) || matches(event, filter),
  };
}
