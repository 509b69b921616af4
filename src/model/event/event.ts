import type { Subject } from '../subject/subject.js';
import { ulidTime } from '../value/ulid.js';
import { sameValue, type Value, type ValueMap } from '../value/value.js';

/** One state change of an event; `before` is left out where nothing was, `after` where it was unset. */
export interface Change {
  readonly path: string;
  readonly before?: Value;
  readonly after?: Value;
}

/**
 * An immutable record that something happened to a subject, as its file holds it (`docs/data-model.md`).
 * Keys that this version does not know are kept.
 */
export interface KgitEvent {
  /** ULID; unique per subject. */
  readonly id: string;
  /** RFC 3339, UTC, with milliseconds where they are known. */
  readonly timestamp: string;
  readonly action: string;
  readonly user?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly phase?: string;
  readonly outcome?: Outcome;
  readonly duration_seconds?: number;
  readonly parameters?: ValueMap;
  readonly command?: string;
  readonly notes?: string;
  readonly lifecycle?: Lifecycle;
  readonly changes?: readonly Change[];
  readonly context?: ValueMap;
  readonly run_id?: string;
  readonly host?: string;
  readonly source?: ValueMap;
  readonly [key: string]: unknown;
}

export const OUTCOMES = ['started', 'succeeded', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];
export const LIFECYCLES = ['created', 'deleted'] as const;
export type Lifecycle = (typeof LIFECYCLES)[number];

/** An event together with what it happened to. */
export interface SubjectEvent {
  readonly subject: Subject;
  readonly event: KgitEvent;
}

/** The keys of an event file in the order in which they are written. */
export const EVENT_KEYS = [
  'id',
  'timestamp',
  'action',
  'user',
  'message',
  'reason',
  'phase',
  'outcome',
  'duration_seconds',
  'parameters',
  'command',
  'notes',
  'lifecycle',
  'changes',
  'context',
  'run_id',
  'host',
  'source',
] as const;

const ACTION = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
/** The rule of action words, for messages. */
export const ACTION_RULE =
  "1 to 64 characters of a-z, 0-9, '_', '.' and '-', beginning with a letter or digit";

export function isAction(text: string): boolean {
  return ACTION.test(text);
}

/** A time in ms as an event's timestamp: milliseconds only where there are any. */
export function formatTimestamp(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}

/** The time of an event, in ms since the epoch: its timestamp's; that of its id where it cannot be read. */
export function eventTime(event: Pick<KgitEvent, 'id' | 'timestamp'>): number {
  const time = Date.parse(event.timestamp);
  return Number.isNaN(time) ? ulidTime(event.id) : time;
}

type Identified = Pick<KgitEvent, 'id'>;

function compareIds(a: Identified, b: Identified): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Order of a subject's events: by event time, then by id. */
export function compareEvents(a: KgitEvent, b: KgitEvent): number {
  return eventTime(a) - eventTime(b) || compareIds(a, b);
}

/** The items sorted by the time of their events, then id; each event's time is read once. */
export function sortByTime<T>(
  items: readonly T[],
  eventOf: (item: T) => Pick<KgitEvent, 'id' | 'timestamp'>,
): T[] {
  return items
    .map((item) => ({ item, event: eventOf(item), time: eventTime(eventOf(item)) }))
    .sort((a, b) => a.time - b.time || compareIds(a.event, b.event))
    .map(({ item }) => item);
}

/**
 * The fields in which `stored` is not what writing `wanted` gives; none means a repeat of the same write.
 * Of the fields only those `given` by the writer count: what kgit adds (user, host) differs between machines.
 * Changes never count, for they are worked out from the tip that a write landed on, nor do the conditions of a
 * proposal, which a write that is published at once does not record.
 */
export function differingFields(stored: KgitEvent, wanted: KgitEvent, given?: readonly string[]): string[] {
  const fields = given ?? [...new Set([...Object.keys(stored), ...Object.keys(wanted)])];
  return ['timestamp', 'action', ...fields].filter(
    (field, i, all) =>
      field !== 'changes' &&
      field !== 'proposed_if' &&
      all.indexOf(field) === i &&
      !sameValue(stored[field], wanted[field]),
  );
}
