import type { KgitEvent, Lifecycle } from '../model/event.js';
import { foldLifecycle, LIFECYCLE_ACTIONS } from '../model/lifecycle.js';
import type { ClusterSubject } from '../model/subject.js';
import { listSubjects, readEvents } from './records.js';
import type { StateView } from './state-store.js';

/** What the repository records of a cluster's life. */
export interface ClusterRecord {
  readonly subject: ClusterSubject;
  readonly lifecycle: Lifecycle | null;
  /** Timestamp of the event that says so. */
  readonly at: string | null;
  readonly lastEvent: KgitEvent | null;
  /** Whether all of its events were imported. */
  readonly importedOnly: boolean;
}

const SPEAKS_OF_LIFE = /^lifecycle:/m;
const WAS_IMPORTED = /^source:/m;

/**
 * The life of one cluster. Of its many events only those that can speak of its life, and the last one, are
 * parsed: the others' text is looked at for the two keys that matter.
 */
async function readCluster(view: StateView, subject: ClusterSubject): Promise<ClusterRecord> {
  const stored = await readEvents(view, subject);
  let importedOnly = stored.length > 0;
  const events: KgitEvent[] = [];
  for (const [i, event] of stored.entries()) {
    const text = event.text();
    importedOnly &&= WAS_IMPORTED.test(text);
    const isLast = i === stored.length - 1;
    if (isLast || event.head.action in LIFECYCLE_ACTIONS || SPEAKS_OF_LIFE.test(text))
      events.push(event.read());
  }
  const { lifecycle, at } = foldLifecycle(events);
  return { subject, lifecycle, at, lastEvent: events.at(-1) ?? null, importedOnly };
}

/** The lives of all clusters that the repository knows. Throws InvalidStateError for a broken event. */
export async function readClusters(view: StateView): Promise<ClusterRecord[]> {
  const subjects = await listSubjects(view, 'cluster');
  const clusters = subjects.filter((subject) => subject.kind === 'cluster');
  return Promise.all(clusters.map((subject) => readCluster(view, subject)));
}
