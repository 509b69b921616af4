import './zod-settings.js';
import * as z from 'zod/mini';
import { UsageError } from '../errors.js';
import { ACTION_RULE, isAction, type KgitEvent, LIFECYCLES, OUTCOMES } from './event.js';
import { parseRfc3339 } from './rfc3339.js';
import { isUlid } from './ulid.js';
import { isMap, isValue, type Value, type ValueMap } from './value.js';

/** Longest single text of an event, in characters. */
export const MAX_TEXT = 256 * 1024;
/** Largest event, in bytes of its JSON. */
export const MAX_EVENT_BYTES = 1024 * 1024;
const MAX_WORD = 1024;

const value = z.custom<Value>(
  isValue,
  'holds something that is neither text, number, truth value, list nor mapping, or is nested too deep',
);
const map = z.custom<ValueMap>(
  (input) => isMap(input) && isValue(input),
  'must be a mapping of values, nested 64 deep at most',
);
const word = z
  .string()
  .check(z.minLength(1, 'must not be empty'), z.maxLength(MAX_WORD, `is longer than ${MAX_WORD} characters`));
const text = z.string().check(z.maxLength(MAX_TEXT, `is longer than ${MAX_TEXT} characters`));
const timestamp = z
  .string()
  .check(
    z.refine((input) => parseRfc3339(input) !== null, 'is not an RFC 3339 time such as 2025-07-11T14:30:00Z'),
  );

/** The fields that a writer may give; id and timestamp are filled in where they are left out. */
export const eventShape = z.partial(
  z.object({
    id: z.string().check(z.refine(isUlid, 'is not a ULID: 26 characters of Crockford base 32, upper case')),
    timestamp,
    action: z.string().check(z.refine(isAction, `is not an action word: ${ACTION_RULE}`)),
    user: word,
    message: text,
    reason: text,
    phase: word,
    outcome: z.enum(OUTCOMES),
    duration_seconds: z.number().check(z.nonnegative('must not be negative')),
    parameters: map,
    command: text,
    notes: text,
    lifecycle: z.enum(LIFECYCLES),
    context: map,
    run_id: word,
    host: word,
    source: map,
  }),
);
const fields = z.catchall(z.required(eventShape, { action: true }), value);

export type EventFields = Partial<KgitEvent> & { readonly action: string };

/**
 * Checks the fields of an event that come from outside. `changes` is kgit's own and cannot be given.
 * Throws UsageError that names the field and its rule.
 */
export function checkEventFields(input: unknown): EventFields {
  if (!isMap(input)) throw new UsageError('an event is a mapping of fields', { data: { rule: 'event' } });
  if ('changes' in input) {
    throw new UsageError('changes cannot be given: they are worked out when a state change is written', {
      suggestions: ["Change state with 'kgit set', 'kgit unset' or 'kgit phase'"],
      data: { field: 'changes' },
    });
  }
  const result = fields.safeParse(input);
  if (!result.success) {
    const [issue] = result.error.issues;
    const field = issue?.path.join('.') || 'event';
    const message =
      input[String(issue?.path[0])] === undefined ? 'is missing' : (issue?.message ?? 'is not valid');
    throw new UsageError(`${field}: ${message}`, { data: { field } });
  }
  if (Buffer.byteLength(JSON.stringify(result.data)) > MAX_EVENT_BYTES) {
    throw new UsageError(`the event is larger than ${MAX_EVENT_BYTES / 1024} KiB`, {
      suggestions: ['Keep logs where logs are kept, and put a link to them in the event'],
      data: { field: 'event' },
    });
  }
  return result.data as EventFields;
}
