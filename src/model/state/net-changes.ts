import { UsageError } from '../../errors.js';
import type { SubjectEvent } from '../event/event.js';
import { formatSubject } from '../subject/subject.js';
import { sameValue, type Value } from '../value/value.js';
import { lookUp, parseStatePath, type StatePath } from './state-path.js';

/** A path with its value before the first and after the last event; undefined if there is none. */
export interface NetChange {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  /** Set for a secret: it has no values. */
  readonly secret?: true;
  readonly removed?: true;
}

/** The state of a deployment before and after a change. */
export interface BothStates {
  readonly before: Record<string, Value>;
  readonly after: Record<string, Value>;
}

/**
 * The combined changes of the events, by subject, without paths that end as they began.
 * @param events oldest first
 * @param states by subject: current and intended values, if known. They override the events, which may be older than
 *   other changes to the same paths
 */
export function netChanges(
  events: readonly SubjectEvent[],
  states: ReadonlyMap<string, BothStates> = new Map(),
): Map<string, NetChange[]> {
  const bySubject = new Map<string, Map<string, NetChange>>();
  for (const { subject, event } of events) {
    for (const change of event.changes ?? []) {
      const paths = bySubject.get(formatSubject(subject)) ?? new Map<string, NetChange>();
      bySubject.set(formatSubject(subject), paths);
      const { path, before, after, secret, removed } = change;
      const first = paths.get(path);
      const hidden = secret ? { secret, ...(removed ? { removed } : {}) } : {};
      paths.set(path, { path, before: first ? first.before : before, after, ...hidden });
    }
  }
  return new Map(
    [...bySubject].map(([subject, paths]) => [
      subject,
      [...paths.values()]
        .map((change) => inStates(change, states.get(subject)))
        .filter(({ before, after, secret }) => secret || !sameValue(before, after)),
    ]),
  );
}

function inStates(change: NetChange, states: BothStates | undefined): NetChange {
  const path = parsed(change.path);
  // A secret is in no state.
  if (!states || path === null || change.secret) return change;
  const [before, after] = [lookUp(states.before, path).value, lookUp(states.after, path).value];
  return { path: change.path, before, after };
}

function parsed(path: string): StatePath | null {
  try {
    return parseStatePath(path);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return null;
  }
}

/** The keys of a path in an event. Another program may have written the event, so the path may be invalid. */
export function keysOf(path: string): readonly string[] {
  return parsed(path)?.map(String) ?? path.split('.');
}
