import { type KgitEvent, type Lifecycle, sortEvents } from '../model/event.js';
import { parseEvent } from '../model/event-file.js';
import { foldLifecycle, LIFECYCLE_ACTIONS } from '../model/lifecycle.js';
import type { ClusterSubject } from '../model/subject.js';
import { eventFiles, listSubjects } from './records.js';
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

function actionOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 28, -'.yaml'.length);
}

/**
 * The life of one cluster. Of its many events only those that can speak of its life, and the last one, are
 * parsed: the others' text is looked at for the two keys that matter.
 */
async function readCluster(view: StateView, subject: ClusterSubject): Promise<ClusterRecord> {
  const paths = await eventFiles(view, subject);
  const texts = await Promise.all(paths.map((path) => view.read(path)));
  const parsed: { event: KgitEvent }[] = [];
  let importedOnly = paths.length > 0;
  for (const [i, path] of paths.entries()) {
    const text = texts[i];
    if (!text) continue;
    importedOnly &&= WAS_IMPORTED.test(text);
    const isLast = i === paths.length - 1;
    if (isLast || actionOf(path) in LIFECYCLE_ACTIONS || SPEAKS_OF_LIFE.test(text))
      parsed.push({ event: parseEvent(text, path) });
  }
  const events = sortEvents(parsed).map(({ event }) => event);
  const { lifecycle, at } = foldLifecycle(events);
  return { subject, lifecycle, at, lastEvent: events.at(-1) ?? null, importedOnly };
}

/** The lives of all clusters that the repository knows. Throws InvalidStateError for a broken event. */
export async function readClusters(view: StateView): Promise<ClusterRecord[]> {
  const subjects = await listSubjects(view, 'cluster');
  const clusters = subjects.filter((subject) => subject.kind === 'cluster');
  return Promise.all(clusters.map((subject) => readCluster(view, subject)));
}
