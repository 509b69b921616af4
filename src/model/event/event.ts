import type { Subject } from '../subject/subject.js';
import { ulidTime } from '../value/ulid.js';
import { sameValue, type Value, type ValueMap } from '../value/value.js';

/** One state change of an event. `before` is missing if the path did not exist, `after` if it was removed. */
export interface Change {
  readonly path: string;
  readonly before?: Value;
  readonly after?: Value;
  /** Set for a secret: its values are in no event. */
  readonly secret?: true;
  /** Set for a secret that was removed. */
  readonly removed?: true;
}

export const OUTCOMES = ['started', 'succeeded', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];
export const LIFECYCLES = ['created', 'deleted'] as const;
export type Lifecycle = (typeof LIFECYCLES)[number];

/** What a field may hold, and its type. */
interface Kinds {
  ulid: string;
  /** RFC 3339, UTC, with milliseconds where they are known. */
  time: string;
  action: string;
  /** One line, never empty. */
  word: string;
  text: string;
  outcome: Outcome;
  lifecycle: Lifecycle;
  /** Seconds. */
  duration: number;
  mapping: ValueMap;
  changes: readonly Change[];
  /** Reason and paths of values that look secret. */
  override: unknown;
  /** Conditions of a proposal. */
  conditions: unknown;
}
export type FieldKind = keyof Kinds;

/** One field of an event. */
interface Field {
  readonly kind: FieldKind;
  /** For the published JSON Schema. */
  readonly about: string;
  /** Set for fields that only kgit writes: why, and what a caller can do instead. */
  readonly own?: { readonly why: string; readonly advice: string };
}

/**
 * The one description of an event, in the order in which its file is written. The type below, the checks of
 * `event-schema.ts`, the reader of `event-file.ts` and `schemas/event.schema.json` come from it. It is a plain table,
 * because loading a schema library takes longer than all checks of `kgit push-event`.
 */
export const EVENT_FIELDS = {
  id: { kind: 'ulid', about: 'ULID, unique per subject; it names the month folder and the file.' },
  timestamp: { kind: 'time', about: 'When it happened: RFC 3339 in UTC, quoted.' },
  action: { kind: 'action', about: 'What happened, one word such as cluster_created.' },
  user: { kind: 'word', about: 'Who did it.' },
  message: { kind: 'text', about: 'What happened, in words.' },
  reason: { kind: 'text', about: 'Why it was done.' },
  phase: { kind: 'word', about: 'The phase of the deployment.' },
  outcome: { kind: 'outcome', about: 'How it went.' },
  duration_seconds: { kind: 'duration', about: 'How long it took, in seconds.' },
  parameters: { kind: 'mapping', about: 'What was given.' },
  command: { kind: 'text', about: 'The command that was run.' },
  notes: { kind: 'text', about: 'Free text of several lines.' },
  lifecycle: {
    kind: 'lifecycle',
    about: "Whether the cluster's life began or ended, where the action word does not say it.",
  },
  changes: {
    kind: 'changes',
    about: 'What it changed in the state; kgit alone writes this.',
    own: {
      why: 'they are worked out when a state change is written',
      advice: "Change state with 'kgit set', 'kgit unset' or 'kgit phase'",
    },
  },
  context: { kind: 'mapping', about: 'Where it was done.' },
  run_id: { kind: 'word', about: 'The run, such as of the CI, that it belongs to.' },
  host: { kind: 'word', about: 'The machine that it was recorded on.' },
  source: {
    kind: 'mapping',
    about:
      "How it got here, where it was imported or came through an agent's client; kgit alone writes this.",
  },
  secret_override: {
    kind: 'override',
    about: 'Why a value that looks secret was written all the same; kgit alone writes this.',
    own: {
      why: 'it is recorded when a value that looks secret is written on purpose',
      advice: 'Leave it out, and give the reason with --allow-secret REASON',
    },
  },
  proposed_if: {
    kind: 'conditions',
    about: 'What must hold when the proposal that it came with is merged; kgit alone writes this.',
    own: {
      why: 'it is recorded when a change of state is proposed on a condition',
      advice: "Propose the change with 'kgit set PATH=VALUE --if PATH=VALUE --propose'",
    },
  },
} as const satisfies Readonly<Record<string, Field>>;
type Fields = typeof EVENT_FIELDS;

/** The fields that every event has. */
export const HEAD_FIELDS = ['id', 'timestamp', 'action'] as const;
type HeadField = (typeof HEAD_FIELDS)[number];
/** Every field with its description. */
export const EVENT_FIELD_LIST: readonly (readonly [name: string, field: Field])[] =
  Object.entries(EVENT_FIELDS);

/** The fields that can be read before the rest of an event is parsed. */
export type EventHead = { readonly [K in HeadField]: Kinds[Fields[K]['kind']] };
type EventDetails = { readonly [K in Exclude<keyof Fields, HeadField>]?: Kinds[Fields[K]['kind']] };

/**
 * An immutable record that something happened to a subject, as its file holds it (`docs/data-model.md`).
 * Keys that this version does not know are kept.
 */
export interface KgitEvent extends EventHead, EventDetails {
  readonly [key: string]: unknown;
}

/** An event and its subject. */
export interface SubjectEvent {
  readonly subject: Subject;
  readonly event: KgitEvent;
}

/** Fields that are added to a complete event, and so follow the unknown keys of its file. */
const APPENDED: readonly string[] = ['secret_override', 'proposed_if'];
/** The known keys of an event file in the order in which they are written. */
export const EVENT_KEYS: readonly string[] = Object.keys(EVENT_FIELDS).filter(
  (key) => !APPENDED.includes(key),
);

/** What an action word looks like. */
export const ACTION = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
/** The rule of action words, for messages. */
export const ACTION_RULE =
  "1 to 64 characters of a-z, 0-9, '_', '.' and '-', beginning with a letter or digit";

export function isAction(text: string): boolean {
  return ACTION.test(text);
}

/** Formats a time in ms as a timestamp, with milliseconds only if there are any. */
export function formatTimestamp(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}

/** The time of an event in ms since the epoch: that of its timestamp, or of its id if the timestamp is unreadable. */
export function eventTime(event: Pick<KgitEvent, 'id' | 'timestamp'>): number {
  const time = Date.parse(event.timestamp);
  return Number.isNaN(time) ? ulidTime(event.id) : time;
}

type Identified = Pick<KgitEvent, 'id'>;

function compareIds(a: Identified, b: Identified): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/**
 * Sorts items by the time of their events, then by id.
 * @param timeOf the time that counts, in ms since the epoch
 */
export function sortByTime<T>(
  items: readonly T[],
  eventOf: (item: T) => Pick<KgitEvent, 'id' | 'timestamp'>,
  timeOf: (event: Pick<KgitEvent, 'id' | 'timestamp'>) => number = eventTime,
): T[] {
  return items
    .map((item) => ({ item, event: eventOf(item), time: timeOf(eventOf(item)) }))
    .sort((a, b) => a.time - b.time || compareIds(a.event, b.event))
    .map(({ item }) => item);
}

/**
 * The fields in which `stored` differs from `wanted`; none means that the write is a repeat.
 * Only the fields `given` by the writer are compared: those that kgit adds (user, host) differ between machines.
 * Changes depend on the tip that a write landed on, and only proposals record conditions, so neither is compared.
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
