import { UsageError } from '../errors.js';
import type { SubjectEvent } from './event.js';
import { parseStatePath } from './state-path.js';
import { formatSubject } from './subject.js';
import { sameValue } from './value.js';

/** A path with its value before the first event and after the last one; undefined where there is none. */
export interface NetChange {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What the events change altogether, by subject; a path that ends as it began is left out. */
export function netChanges(events: readonly SubjectEvent[]): Map<string, NetChange[]> {
  const bySubject = new Map<string, Map<string, NetChange>>();
  for (const { subject, event } of events) {
    for (const change of event.changes ?? []) {
      const paths = bySubject.get(formatSubject(subject)) ?? new Map<string, NetChange>();
      bySubject.set(formatSubject(subject), paths);
      const { path, before, after } = change;
      const first = paths.get(path);
      paths.set(path, { path, before: first ? first.before : before, after });
    }
  }
  return new Map(
    [...bySubject].map(([subject, paths]) => [
      subject,
      [...paths.values()].filter(({ before, after }) => !sameValue(before, after)),
    ]),
  );
}

/** The keys of a path in an event. Another program may have written the event, so the path may be invalid. */
export function keysOf(path: string): readonly string[] {
  try {
    return parseStatePath(path).map(String);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return path.split('.');
  }
}
