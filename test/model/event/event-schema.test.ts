import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { KgitError } from '../../../src/errors.js';
import { ACTION_RULE, isAction, LIFECYCLES, OUTCOMES } from '../../../src/model/event/event.js';
import { checkEventFields, MAX_TEXT } from '../../../src/model/event/event-schema.js';
import { parseRfc3339 } from '../../../src/model/value/rfc3339.js';
import { isUlid } from '../../../src/model/value/ulid.js';
import { isMap, isValue } from '../../../src/model/value/value.js';
import { value } from '../../support/arbitraries.js';

/** The same rules, as a schema of zod's. */
const word = z.string().min(1, 'must not be empty').max(1024, 'is longer than 1024 characters');
const text = z.string().max(MAX_TEXT, `is longer than ${MAX_TEXT} characters`);
const map = z.custom(
  (input) => isMap(input) && isValue(input),
  'must be a mapping of values, nested 64 deep at most',
);
const any = z.custom(
  isValue,
  'holds something that is neither text, number, truth value, list nor mapping, or is nested too deep',
);
const schema = z
  .object({
    id: z.string().refine(isUlid, 'is not a ULID: 26 characters of Crockford base 32, upper case').optional(),
    timestamp: z
      .string()
      .refine((input) => parseRfc3339(input) !== null, 'is not an RFC 3339 time such as 2025-07-11T14:30:00Z')
      .optional(),
    action: z.string().refine(isAction, `is not an action word: ${ACTION_RULE}`),
    user: word.optional(),
    message: text.optional(),
    reason: text.optional(),
    phase: word.optional(),
    outcome: z.enum(OUTCOMES).optional(),
    duration_seconds: z.number().nonnegative('must not be negative').optional(),
    parameters: map.optional(),
    command: text.optional(),
    notes: text.optional(),
    lifecycle: z.enum(LIFECYCLES).optional(),
    context: map.optional(),
    run_id: word.optional(),
    host: word.optional(),
    source: map.optional(),
  })
  .catchall(any);

function byZod(input: Record<string, unknown>): unknown {
  const { success, data, error } = schema.safeParse(input);
  if (success) return data;
  const [issue] = error.issues;
  const field = issue?.path.join('.') ?? '';
  return `${field}: ${input[String(issue?.path[0])] === undefined ? 'is missing' : issue?.message}`;
}

function byKgit(input: Record<string, unknown>): unknown {
  try {
    return checkEventFields(input);
  } catch (error) {
    if (!(error instanceof KgitError)) throw error;
    return error.message;
  }
}

it('checks fields as a schema of zod does, with its words', () => {
  const given = fc.oneof(
    value,
    fc.constantFrom<unknown>(
      'touched',
      'Bad',
      '',
      'x'.repeat(1025),
      'x'.repeat(MAX_TEXT + 1),
      'failed',
      'created',
      -1,
    ),
    fc.constantFrom<unknown>(
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,

      undefined,
      12.5,
      '2025-07-11T14:30:00Z',
    ),
    fc.constantFrom<unknown>('01JZXK5B7Q3M8N2V4C6D9F0G1H', '2025-07-11', { a: undefined }, { a: Number.NaN }),
  );
  const field = fc.constantFrom(...Object.keys(schema.shape), 'other', 'more');
  const event = fc
    .tuple(
      fc.constantFrom<Record<string, unknown>>({ action: 'touched' }, { action: 'touched' }, {}),
      fc.dictionary(field, given, { maxKeys: 4 }),
    )
    .map(([first, rest]) => ({ ...first, ...rest }));
  let good = 0;
  fc.assert(
    fc.property(event, (input) => {
      const wanted = byZod(input);
      const found = byKgit(input);
      if (typeof wanted === 'object') good += 1;
      // A field without a value is as good as none.
      expect(JSON.stringify(found)).toBe(JSON.stringify(wanted));
    }),
    { numRuns: 3_000 },
  );
  expect(good).toBeGreaterThan(300);
});

it('keeps a field with the name of a prototype an own one', () => {
  const fields = checkEventFields(JSON.parse('{"action":"a","__proto__":{"host":"evil"}}'));
  expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
  expect(fields.host).toBeUndefined();
});
