import { UsageError } from '../../errors.js';
import { rfc3339Fault } from '../value/rfc3339.js';
import { isUlid } from '../value/ulid.js';
import { isMap, isValue, keyFault, setOwn, textFault, valueFault } from '../value/value.js';
import {
  ACTION_RULE,
  EVENT_FIELD_LIST,
  type FieldKind,
  isAction,
  type KgitEvent,
  LIFECYCLES,
  OUTCOMES,
} from './event.js';

/** Longest single text of an event, in characters. */
export const MAX_TEXT = 256 * 1024;
/** Largest event, in bytes of its JSON. */
export const MAX_EVENT_BYTES = 1024 * 1024;
/** Longest word of an event, in characters. */
export const MAX_WORD = 1024;
/** Longest name of a field in a message, in characters. */
const MAX_SHOWN = 80;

/** What is wrong with a value; null where nothing is. */
type Rule = (value: unknown) => string | null;

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : typeof value;
}

const notOf = (kind: string, value: unknown) => `Invalid input: expected ${kind}, received ${kindOf(value)}`;
const textWhere =
  (rule: (text: string) => string | null): Rule =>
  (value) =>
    typeof value === 'string' ? rule(value) : notOf('string', value);

const longer = (text: string, limit: number) =>
  text.length > limit ? `is longer than ${limit} characters` : textFault(text);
const word = textWhere((text) => (text === '' ? 'must not be empty' : longer(text, MAX_WORD)));
const text = textWhere((given) => longer(given, MAX_TEXT));
const oneOf =
  (words: readonly string[]): Rule =>
  (value) =>
    words.some((known) => known === value)
      ? null
      : `Invalid option: expected one of ${words.map((known) => JSON.stringify(known)).join('|')}`;
const map: Rule = (value) =>
  isMap(value) && isValue(value) ? valueFault(value) : 'must be a mapping of values, nested 64 deep at most';
const anyValue: Rule = (value) =>
  isValue(value)
    ? valueFault(value)
    : 'holds something that is neither text, number, truth value, list nor mapping, or is nested too deep';
const duration: Rule = (value) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) return notOf('number', value);
  return value < 0 ? 'must not be negative' : null;
};

/** What a writer may give a field of each kind; null where kgit alone writes it. */
const KIND_RULES: Readonly<Record<FieldKind, Rule | null>> = {
  ulid: textWhere((id) =>
    isUlid(id) ? null : 'is not a ULID: 26 characters of Crockford base 32, upper case',
  ),
  time: textWhere(rfc3339Fault),
  action: textWhere((action) => (isAction(action) ? null : `is not an action word: ${ACTION_RULE}`)),
  word,
  text,
  outcome: oneOf(OUTCOMES),
  lifecycle: oneOf(LIFECYCLES),
  duration,
  mapping: map,
  changes: null,
  override: null,
  conditions: null,
};

/** The fields that a writer may give; id and timestamp are filled in where they are left out. */
const RULES: ReadonlyMap<string, Rule> = new Map(
  EVENT_FIELD_LIST.flatMap(([field, { kind }]) => {
    const rule = KIND_RULES[kind];
    return rule ? [[field, rule] as const] : [];
  }),
);

/** What is wrong with the value of a field that a writer may give; null where nothing is, and for other fields. */
export function fieldFault(field: string, value: unknown): string | null {
  return RULES.get(field)?.(value) ?? null;
}

export type EventFields = Partial<KgitEvent> & { readonly action: string };

/** The error for a field of an event that breaks its rule. */
export function invalidField(field: string, why: string): UsageError {
  return new UsageError(`${field}: ${why}`, { data: { field } });
}

/** The fields, checked, known ones first. Written out, for a batch checks ten thousands of them, and a start waits for it. */
function checked(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [field, rule] of RULES) {
    const value = input[field];
    if (value === undefined && field !== 'action') continue;
    const why = value === undefined ? 'is missing' : rule(value);
    if (why) throw invalidField(field, why);
    fields[field] = value;
  }
  for (const [field, value] of Object.entries(input)) {
    if (RULES.has(field)) continue;
    const why = value === undefined ? 'is missing' : (keyFault(field) ?? anyValue(value));
    if (why) throw invalidField(field.slice(0, MAX_SHOWN), why);
    setOwn(fields, field, value);
  }
  return fields;
}

/** Whether an event may have `value` as its `field`. */
export function isFieldValue(field: string, value: unknown): boolean {
  return (RULES.get(field) ?? anyValue)(value) === null;
}

const OWN_FIELDS = EVENT_FIELD_LIST.filter(([, { own }]) => own !== undefined);

/** Whether kgit alone writes this field of an event. */
export function isOwnField(field: string): boolean {
  return OWN_FIELDS.some(([name]) => name === field);
}

/**
 * Checks the fields of an event that come from outside; those that kgit alone writes cannot be given.
 * Throws UsageError that names the field and its rule.
 */
export function checkEventFields(input: unknown): EventFields {
  if (!isMap(input)) throw new UsageError('an event is a mapping of fields', { data: { rule: 'event' } });
  for (const [field, { own }] of OWN_FIELDS) {
    if (own && Object.hasOwn(input, field)) {
      const { why, advice } = own;
      throw new UsageError(`${field} cannot be given: ${why}`, { suggestions: [advice], data: { field } });
    }
  }
  const fields = checked(input);
  if (Buffer.byteLength(JSON.stringify(fields)) > MAX_EVENT_BYTES) {
    throw new UsageError(`the event is larger than ${MAX_EVENT_BYTES / 1024} KiB`, {
      suggestions: ['Keep logs where logs are kept, and put a link to them in the event'],
      data: { field: 'event' },
    });
  }
  return fields as unknown as EventFields;
}
