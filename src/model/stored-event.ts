import './zod-settings.js';
import * as z from 'zod/mini';
import { UsageError } from '../errors.js';
import { eventShape } from './event-schema.js';
import { parseStatePath } from './state-path.js';
import { isMap, type Value } from './value.js';

/** What is wrong with a stored event, and under which key. */
export interface EventFault {
  readonly keys: readonly (string | number)[];
  readonly message: string;
}

function isStatePath(text: string): boolean {
  try {
    return parseStatePath(text).length > 0;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

const change = z.looseObject({ path: z.string().check(z.refine(isStatePath, 'is not a state path')) });
const override = z.looseObject({ reason: z.string(), paths: z.array(z.string()) });
const stored = z.looseObject({
  ...z.required(eventShape, { id: true, timestamp: true, action: true }).shape,
  changes: z.optional(z.array(change, 'is not a list of changes')),
  secret_override: z.optional(override),
});

/** Where an event file breaks the schema of stored events (`docs/data-model.md`); nothing where it does not. */
export function eventFaults(value: Value): EventFault[] {
  if (!isMap(value)) return [{ keys: [], message: 'an event is a mapping' }];
  const result = stored.safeParse(value);
  const faults = (result.error?.issues ?? []).map(({ path, message }): EventFault => {
    const keys = path.filter((key) => typeof key !== 'symbol');
    const isMissing = keys.length === 1 && value[String(keys[0])] === undefined;
    return { keys, message: isMissing ? 'is missing' : message };
  });
  const { timestamp } = value;
  if (faults.length === 0 && typeof timestamp === 'string' && !timestamp.endsWith('Z'))
    faults.push({ keys: ['timestamp'], message: 'is not in UTC, which ends with Z' });
  return faults;
}
