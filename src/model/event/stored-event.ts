import { UsageError } from '../../errors.js';
import { parseStatePath } from '../state/state-path.js';
import { isMap, type Value } from '../value/value.js';
import { fieldFault } from './event-schema.js';

/** A fault of a stored event, and the keys it lies under. */
export interface EventFault {
  readonly keys: readonly (string | number)[];
  readonly message: string;
}

const REQUIRED = ['id', 'timestamp', 'action'];

function isStatePath(text: unknown): boolean {
  if (typeof text !== 'string') return false;
  try {
    return parseStatePath(text).length > 0;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

function* changesFaults(changes: Value): Generator<EventFault> {
  if (!Array.isArray(changes)) {
    yield { keys: ['changes'], message: 'is not a list of changes' };
    return;
  }
  for (const [i, change] of changes.entries()) {
    if (!isMap(change)) yield { keys: ['changes', i], message: 'is not a change' };
    else if (!isStatePath(change['path']))
      yield { keys: ['changes', i, 'path'], message: 'is not a state path' };
  }
}

function isOverride(value: Value): boolean {
  if (!isMap(value) || typeof value['reason'] !== 'string') return false;
  const paths = value['paths'];
  return Array.isArray(paths) && paths.every((path) => typeof path === 'string');
}

function* faultsOf(event: Record<string, unknown>): Generator<EventFault> {
  for (const key of REQUIRED) if (event[key] === undefined) yield { keys: [key], message: 'is missing' };
  for (const [key, value] of Object.entries(event)) {
    const message = fieldFault(key, value);
    if (message !== null) yield { keys: [key], message };
  }
  const { timestamp, changes, secret_override: override } = event;
  if (typeof timestamp === 'string' && !timestamp.endsWith('Z'))
    yield { keys: ['timestamp'], message: 'is not in UTC, which ends with Z' };
  if (changes !== undefined) yield* changesFaults(changes as Value);
  if (override !== undefined && !isOverride(override as Value))
    yield { keys: ['secret_override'], message: 'is not a reason with a list of paths' };
}

/** Violations of the schema of stored events (`docs/data-model.md`). */
export function eventFaults(value: Value): EventFault[] {
  return isMap(value) ? [...faultsOf(value)] : [{ keys: [], message: 'an event is a mapping' }];
}
