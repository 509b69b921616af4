/** The parts that the arguments of tools are made of: all texts and lists are bounded. */
import '../../model/value/zod-settings.js';
import * as z from 'zod/mini';
import { OUTCOMES } from '../../model/event/event.js';
import { isValue } from '../../model/value/value.js';
import { jsonBytes } from '../answers/shrunk.js';

/** Longest name, path or time, in characters. */
const MAX_WORD = 500;
/** Longest text that is recorded, in characters. */
const MAX_TEXT = 16_384;
/** Maximum number of values of a filter. */
const MAX_VALUES = 20;
/** Maximum number of paths that a call changes or checks. */
const MAX_PATHS = 100;
/** Largest mapping of values, in bytes of its JSON. */
const MAX_VALUES_BYTES = 256 * 1024;
/** Deepest nesting of a value: no deeper than the guard against secrets looks. */
const MAX_DEPTH = 20;

const about = (description: string) => z.meta({ description });

/** A name, a path or a time. */
export const word = (description: string) =>
  z.string().check(z.minLength(1), z.maxLength(MAX_WORD), about(description));

/** A text to record. */
export const text = (description: string) =>
  z.string().check(z.minLength(1), z.maxLength(MAX_TEXT), about(description));

/** Some words, of which any may apply. */
export const words = (description: string) =>
  z
    .array(z.string().check(z.minLength(1), z.maxLength(MAX_WORD)))
    .check(z.minLength(1), z.maxLength(MAX_VALUES), about(description));

export const outcomes = z
  .array(z.enum(OUTCOMES))
  .check(z.minLength(1), z.maxLength(OUTCOMES.length), about('With one of these outcomes.'));

export const outcome = z.enum(OUTCOMES).check(about('How it went.'));

export const isTrue = (description: string) => z.boolean().check(about(description));

/** The size of a page. */
export const limit = (most: number, preset: number) =>
  z._default(
    z.int().check(z.minimum(1), z.maximum(most), about(`Maximum number of items; ${preset} if left out.`)),
    preset,
  );

/** How many rows the pages before have shown. */
export const skip = z._default(
  z
    .int()
    .check(z.minimum(0), z.maximum(1_000_000), about('How many items to leave out: the `next` of a page.')),
  0,
);

export const deployment = z.optional(
  word('Id of the deployment; may be left out if the repository has only one.'),
);

/** Describes what is wrong with a value of the state; null if nothing is. */
function faultOf(value: unknown, depth = 0): string | null {
  if (typeof value === 'string')
    return value.length <= MAX_TEXT ? null : `a text has more than ${MAX_TEXT} characters`;
  if (typeof value !== 'object' || value === null) return isValue(value) ? null : 'it is no value';
  if (depth >= MAX_DEPTH) return `it nests more than ${MAX_DEPTH} deep`;
  for (const child of Object.values(value)) {
    const fault = faultOf(child, depth + 1);
    if (fault !== null) return fault;
  }
  return null;
}

/** A value of the state: what JSON can say. */
const value = z.unknown().check(
  z.superRefine((given, context) => {
    const fault = faultOf(given);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault, input: given });
  }),
);
const key = z.string().check(z.minLength(1), z.maxLength(MAX_WORD));
const hasFew = (map: object) => Object.keys(map).length <= MAX_PATHS;
const isSmall = (map: object) => jsonBytes(map) <= MAX_VALUES_BYTES;

/** Values by path or name. */
export const values = (description: string) =>
  z
    .record(key, value)
    .check(
      z.refine(hasFew, { error: `it has more than ${MAX_PATHS} keys` }),
      z.refine(isSmall, { error: `it has more than ${MAX_VALUES_BYTES} bytes` }),
      about(description),
    );

/** Some paths of the state. */
export const paths = (description: string) =>
  z.array(key).check(z.minLength(1), z.maxLength(MAX_PATHS), about(description));
