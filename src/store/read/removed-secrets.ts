import { SkippedEvents } from '../../model/event/broken-events.js';
import type { Subject } from '../../model/subject/subject.js';
import type { StateView } from '../port/state-store.js';
import { storedEvents } from './records.js';
import { secretFiles } from './secret-files.js';
import { readAll } from './stored-events.js';

/** What the event of a removal says; others are not parsed. */
const REMOVED = 'removed: true';

/**
 * The names of secrets of a subject that the team had and removed: copies of them on a machine are out of date. Decrypts nothing.
 */
export async function removedSecrets(view: StateView, subject: Subject): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  // A broken event must not stop who reads a value: `kgit validate` reports it.
  const broken = new SkippedEvents();
  const events = (await storedEvents(view, subject, broken)).filter((event) =>
    event.text().includes(REMOVED),
  );
  for (const { changes = [] } of readAll(events, broken))
    for (const { path, secret, removed } of changes) if (secret && removed) names.add(path);
  if (names.size > 0) for (const name of (await secretFiles(view, subject)).keys()) names.delete(name);
  return names;
}
