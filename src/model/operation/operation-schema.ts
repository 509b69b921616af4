import '../value/zod-settings.js';
import * as z from 'zod/mini';
import type { KgitEvent } from '../event/event.js';
import { isAction } from '../event/event.js';
import { isLockName } from '../lease/lock-name.js';
import { isMonth } from '../subject/layout.js';
import { parseSubject } from '../subject/subject.js';
import { isUlid } from '../value/ulid.js';
import { isFileValue, isMap, isValue, type Value } from '../value/value.js';
import type { Operation } from './operation.js';

const ulid = z.string().check(z.refine(isUlid));
const value = z.custom<Value>(isValue);
const index = z.int().check(z.nonnegative());
const path = z.array(z.union([z.string(), index])).check(z.minLength(1));
const subject = z.pipe(
  z.string(),
  z.transform((text: string, context) => {
    try {
      return parseSubject(text);
    } catch {
      context.issues.push({ code: 'custom', message: 'is not a subject', input: text });
      return z.NEVER;
    }
  }),
);
const event = z.custom<KgitEvent>(
  (input) =>
    isMap(input) &&
    isFileValue(input) &&
    isUlid(String(input['id'])) &&
    isAction(String(input['action'])) &&
    !Number.isNaN(Date.parse(String(input['timestamp']))),
);
const edit = z.discriminatedUnion('op', [
  z.object({ op: z.literal('set'), path, value }),
  z.object({ op: z.literal('merge'), path, value }),
  z.object({ op: z.literal('unmerge'), path, value }),
  z.object({ op: z.literal('unset'), path }),
]);
const isImplied = z.exactOptional(z.literal(true));
const precondition = z.discriminatedUnion('check', [
  z.object({ check: z.literal('equals'), path, value, isImplied }),
  z.object({ check: z.literal('absent'), path, isImplied }),
  z.object({ check: z.literal('lacks'), path, value }),
  z.object({ check: z.literal('unchanged-since'), revision: z.string() }),
]);
const operation: z.ZodMiniType<Operation> = z.object({
  id: ulid,
  time: index,
  actor: z.object({ name: z.string(), email: z.string() }),
  title: z.string(),
  events: z.array(
    z.object({
      subject,
      event,
      given: z.exactOptional(z.array(z.string())),
      once: z.exactOptional(z.boolean()),
    }),
  ),
  change: z.exactOptional(
    z.object({
      deployment: z.string(),
      event: ulid,
      otherwise: z.exactOptional(ulid),
      edits: z.array(edit),
      preconditions: z.array(precondition),
      mendsBroken: z.exactOptional(z.literal(true)),
      leavesOut: z.exactOptional(z.literal(true)),
    }),
  ),
  learned: z.exactOptional(
    z.object({
      name: z.string(),
      identity: z.string(),
      others: z.exactOptional(z.array(z.string())),
      before: z.exactOptional(z.array(z.string())),
    }),
  ),
  secrets: z.exactOptional(
    z.array(
      z.object({
        subject,
        event: ulid,
        leavesOut: z.exactOptional(z.boolean()),
        recipients: z.nullable(z.array(z.string())),
        files: z.array(
          z.object({
            path: z.string(),
            text: z.nullable(z.string()),
            seen: z.exactOptional(z.nullable(z.string())),
          }),
        ),
      }),
    ),
  ),
  recipients: z.exactOptional(z.object({ add: z.array(z.string()), remove: z.array(z.string()) })),
  seal: z.exactOptional(z.object({ before: z.string().check(z.refine(isMonth)) })),
  claim: z.exactOptional(
    z.object({
      name: z.string().check(z.refine(isLockName)),
      token: z.int().check(z.positive()),
      lease: ulid,
    }),
  ),
  runId: z.exactOptional(z.string()),
});

/** Parses what `operationToJson` made; null if it is invalid, such as cut off or of another version. */
export function operationFromJson(json: unknown): Operation | null {
  const result = operation.safeParse(json);
  return result.success ? result.data : null;
}
