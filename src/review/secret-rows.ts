import type { Change } from '../model/event/event.js';
import type { Subject } from '../model/subject/subject.js';
import type { StateView } from '../store/port/state-store.js';
import { secretFiles, secretTexts } from '../store/read/secret-files.js';
import type { ChangeEvent } from './event-changes.js';
import { type ChangeRow, rowOf } from './state-history.js';

/** A row for each change of a secret, with the last event that made it. A secret has no values in it. */
export function secretRows(
  changes: readonly Pick<Change, 'path' | 'removed'>[],
  events: readonly ChangeEvent[],
): ChangeRow[] {
  return changes.map(({ path, removed }) =>
    rowOf({ path, secret: true, ...(removed ? { removed } : {}) }, lastOf(path, events)),
  );
}

function lastOf(path: string, events: readonly ChangeEvent[]): ChangeEvent | null {
  return (
    events.findLast(({ changes }) => changes.some((change) => change.secret && change.path === path)) ?? null
  );
}

/** Which secrets of a subject differ between two views, by path. Throws InvalidStateError. */
export async function secretDifferences(
  before: StateView,
  after: StateView,
  subject: Subject,
): Promise<readonly Pick<Change, 'path' | 'removed'>[]> {
  const [was, is] = await Promise.all([secretTexts(before, subject), secretTexts(after, subject)]);
  const paths = [...new Set([...was.keys(), ...is.keys()])].sort();
  return paths.flatMap((path) => {
    if (was.get(path) === is.get(path)) return [];
    return [{ path, ...(is.has(path) ? {} : { removed: true as const }) }];
  });
}

/** The secrets that a subject has, each with the event that set it last. Throws InvalidStateError. */
export async function presentSecrets(
  view: StateView,
  subject: Subject,
  events: readonly ChangeEvent[],
): Promise<ChangeRow[]> {
  const paths = [...(await secretFiles(view, subject)).keys()].sort();
  return secretRows(
    paths.map((path) => ({ path })),
    events,
  );
}
