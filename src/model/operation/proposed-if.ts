import { UsageError } from '../../errors.js';
import type { KgitEvent } from '../event/event.js';
import { findSecrets } from '../secret/find-secrets.js';
import { refuseSecrets } from '../secret/refuse-secrets.js';
import { formatStatePath, parseStatePath } from '../state/state-path.js';
import { REVISION } from '../value/revision.js';
import { isMap, type Value } from '../value/value.js';
import type { Operation, Precondition } from './operation.js';

/**
 * The key of an event for the conditions that must hold when its proposal is merged. They are kept in the event because
 * only events survive a squash or rebase.
 */
const KEY = 'proposed_if';

function toJson(condition: Precondition): Record<string, Value> {
  if (condition.check === 'unchanged-since') return { unchanged_since: condition.revision };
  const path = formatStatePath(condition.path);
  if (condition.check === 'absent') return { path, absent: true };
  return condition.check === 'equals' ? { path, equals: condition.value } : { path, lacks: condition.value };
}

/**
 * Records the preconditions of an operation in the event with its changes, so that they can be checked when the
 * proposal is merged. Throws SecretError if one looks secret, unless the event has a reason for secrets.
 */
export function withProposedIf(operation: Operation): Operation {
  const { change } = operation;
  if (!change || change.leavesOut) return operation;
  // What a command takes back or edits may change meanwhile: that is a conflict, which people decide.
  const asked = change.preconditions.filter(({ isImplied }) => !isImplied);
  if (asked.length === 0) return operation;
  const conditions = asked.map(toJson);
  const found = [
    ...findSecrets({ [KEY]: conditions }),
    ...asked.flatMap((condition) =>
      condition.check === 'equals' || condition.check === 'lacks'
        ? findSecrets(condition.value, condition.path)
        : [],
    ),
  ];
  const events = operation.events.map((item) => {
    if (item.event.id !== change.event) return item;
    const { secret_override: override } = item.event;
    if (found.length > 0 && !isMap(override)) refuseSecrets(found);
    const event: KgitEvent = { ...item.event, [KEY]: conditions };
    if (found.length === 0 || !isMap(override)) return { ...item, event };
    const known = Array.isArray(override['paths']) ? override['paths'] : [];
    const paths = [...new Set([...known, ...found.map(({ path }) => path)])];
    return { ...item, event: { ...event, secret_override: { ...override, paths } } };
  });
  return { ...operation, events };
}

function fromJson(json: Value): Precondition | null {
  if (!isMap(json)) return null;
  const { path: text, unchanged_since: revision } = json;
  if (typeof revision === 'string')
    return REVISION.test(revision) ? { check: 'unchanged-since', revision } : null;
  if (typeof text !== 'string') return null;
  try {
    const path = parseStatePath(text);
    if (json['absent'] === true) return { check: 'absent', path };
    if (json['equals'] !== undefined) return { check: 'equals', path, value: json['equals'] as Value };
    if (json['lacks'] !== undefined) return { check: 'lacks', path, value: json['lacks'] as Value };
    return null;
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

/** The conditions for merging the proposal of an event; null if the event holds invalid ones. */
export function proposedIf({ [KEY]: recorded }: KgitEvent): readonly Precondition[] | null {
  if (recorded === undefined) return [];
  if (!Array.isArray(recorded)) return null;
  const conditions = recorded.map(fromJson);
  return conditions.every((condition) => condition !== null) ? conditions : null;
}
