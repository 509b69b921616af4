import { UsageError } from '../../errors.js';
import { rfc3339Fault } from '../value/rfc3339.js';
import { isUlid } from '../value/ulid.js';
import { isMap, isValue, keyFault, setOwn, textFault, valueFault } from '../value/value.js';
import { ACTION_RULE, isAction, type KgitEvent, LIFECYCLES, OUTCOMES } from './event.js';

/** Longest single text of an event, in characters. */
export const MAX_TEXT = 256 * 1024;
/** Largest event, in bytes of its JSON. */
export const MAX_EVENT_BYTES = 1024 * 1024;
const MAX_WORD = 1024;
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

/** The fields that a writer may give; id and timestamp are filled in where they are left out. */
const RULES: Readonly<Record<string, Rule>> = {
  id: textWhere((id) =>
    isUlid(id) ? null : 'is not a ULID: 26 characters of Crockford base 32, upper case',
  ),
  timestamp: textWhere(rfc3339Fault),
  action: textWhere((action) => (isAction(action) ? null : `is not an action word: ${ACTION_RULE}`)),
  user: word,
  message: text,
  reason: text,
  phase: word,
  outcome: oneOf(OUTCOMES),
  duration_seconds: duration,
  parameters: map,
  command: text,
  notes: text,
  lifecycle: oneOf(LIFECYCLES),
  context: map,
  run_id: word,
  host: word,
  source: map,
};

const FIELDS = Object.entries(RULES);

/** What is wrong with the value of a field that a writer may give; null where nothing is, and for other fields. */
export function fieldFault(field: string, value: unknown): string | null {
  return Object.hasOwn(RULES, field) ? ((RULES[field] as Rule)(value) ?? null) : null;
}

export type EventFields = Partial<KgitEvent> & { readonly action: string };

/** The error for a field of an event that breaks its rule. */
export function invalidField(field: string, why: string): UsageError {
  return new UsageError(`${field}: ${why}`, { data: { field } });
}

/** The fields, checked, known ones first. Written out, for a batch checks ten thousands of them, and a start waits for it. */
function checked(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [field, rule] of FIELDS) {
    const value = input[field];
    if (value === undefined && field !== 'action') continue;
    const why = value === undefined ? 'is missing' : rule(value);
    if (why) throw invalidField(field, why);
    fields[field] = value;
  }
  for (const [field, value] of Object.entries(input)) {
    if (Object.hasOwn(RULES, field)) continue;
    const why = value === undefined ? 'is missing' : (keyFault(field) ?? anyValue(value));
    if (why) throw invalidField(field.slice(0, MAX_SHOWN), why);
    setOwn(fields, field, value);
  }
  return fields;
}

/** Whether an event may have `value` as its `field`. */
export function isFieldValue(field: string, value: unknown): boolean {
  const rule = Object.hasOwn(RULES, field) ? RULES[field] : anyValue;
  return rule?.(value) === null;
}

/** Fields that kgit alone writes, and how a caller gets them. */
const OWN_FIELDS: Readonly<Record<string, { readonly why: string; readonly advice: string }>> = {
  changes: {
    why: 'they are worked out when a state change is written',
    advice: "Change state with 'kgit set', 'kgit unset' or 'kgit phase'",
  },
  secret_override: {
    why: 'it is recorded when a value that looks secret is written on purpose',
    advice: 'Leave it out, and give the reason with --allow-secret REASON',
  },
  proposed_if: {
    why: 'it is recorded when a change of state is proposed on a condition',
    advice: "Propose the change with 'kgit set PATH=VALUE --if PATH=VALUE --propose'",
  },
};

/** Whether kgit alone writes this field of an event. */
export function isOwnField(field: string): boolean {
  return Object.hasOwn(OWN_FIELDS, field);
}

/**
 * Checks the fields of an event that come from outside. Those of `OWN_FIELDS` cannot be given. Throws UsageError that names the field and its rule.
 */
export function checkEventFields(input: unknown): EventFields {
  if (!isMap(input)) throw new UsageError('an event is a mapping of fields', { data: { rule: 'event' } });
  for (const [field, { why, advice }] of Object.entries(OWN_FIELDS)) {
    if (Object.hasOwn(input, field))
      throw new UsageError(`${field} cannot be given: ${why}`, { suggestions: [advice], data: { field } });
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
