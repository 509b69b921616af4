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

/** Returns what is wrong with a value; null if nothing is. */
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

/** The rule for each kind of field; null for kinds that only kgit writes. */
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

/** The rules of the fields that writers may give; a missing id or timestamp is filled in. */
const RULES: ReadonlyMap<string, Rule> = new Map(
  EVENT_FIELD_LIST.flatMap(([field, { kind }]) => {
    const rule = KIND_RULES[kind];
    return rule ? [[field, rule] as const] : [];
  }),
);

/** What is wrong with the value of a field that writers may give; null if nothing is, and for all other fields. */
export function fieldFault(field: string, value: unknown): string | null {
  return RULES.get(field)?.(value) ?? null;
}

export type EventFields = Partial<KgitEvent> & { readonly action: string };

/** The error for an invalid field. */
export function invalidField(field: string, why: string): UsageError {
  return new UsageError(`${field}: ${why}`, { data: { field } });
}

/** The names of the last fields that were checked, and those of them that have a rule: the events of a batch look alike. */
let lastShape: { names: readonly string[]; ruled: readonly (readonly [string, Rule])[] } = {
  names: [],
  ruled: [],
};

/** The fields with a rule that are to be checked, in the order of the rules. */
function ruledFields(names: readonly string[]): readonly (readonly [string, Rule])[] {
  const { names: last, ruled: known } = lastShape;
  if (names.length === last.length && names.every((name, i) => name === last[i]) && last.length > 0)
    return known;
  const ruled = [...RULES].filter(([field]) => field === 'action' || names.includes(field));
  lastShape = { names, ruled };
  return ruled;
}

/** Checks the fields and returns them, known ones first. A plain loop: batches check tens of thousands, and every start pays for it. */
function checked(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const names = Object.keys(input);
  for (const [field, rule] of ruledFields(names)) {
    const value = input[field];
    if (value === undefined && field !== 'action') continue;
    const why = value === undefined ? 'is missing' : rule(value);
    if (why) throw invalidField(field, why);
    fields[field] = value;
  }
  for (const field of names) {
    if (RULES.has(field)) continue;
    const value = input[field];
    const why = value === undefined ? 'is missing' : (keyFault(field) ?? anyValue(value));
    if (why) throw invalidField(field.slice(0, MAX_SHOWN), why);
    setOwn(fields, field, value);
  }
  return fields;
}

/** Whether `value` is valid for `field`. */
export function isFieldValue(field: string, value: unknown): boolean {
  return (RULES.get(field) ?? anyValue)(value) === null;
}

const OWN_FIELDS = EVENT_FIELD_LIST.filter(([, { own }]) => own !== undefined);

/** Whether only kgit writes this field. */
export function isOwnField(field: string): boolean {
  return OWN_FIELDS.some(([name]) => name === field);
}

/**
 * Checks the fields of an event from outside; fields that only kgit writes are refused.
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
