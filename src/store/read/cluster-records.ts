import { type BrokenEvents, REFUSE_BROKEN } from '../../model/event/broken-events.js';
import type { KgitEvent, Lifecycle } from '../../model/event/event.js';
import { foldLifecycle, LIFECYCLE_ACTIONS } from '../../model/event/lifecycle.js';
import { subjectFolder } from '../../model/subject/layout.js';
import type { ClusterSubject } from '../../model/subject/subject.js';
import { inGroups } from '../../model/value/in-groups.js';
import type { Value } from '../../model/value/value.js';
import type { StateView } from '../port/state-store.js';
import { listSubjects, readEvents } from './records.js';
import { readAll, type StoredEvent } from './stored-events.js';

/** The recorded life of a cluster. */
export interface ClusterRecord {
  readonly subject: ClusterSubject;
  readonly lifecycle: Lifecycle | null;
  /** Timestamp of the event that sets `lifecycle`. */
  readonly at: string | null;
  readonly lastEvent: KgitEvent | null;
  /** Whether all of its events were imported. */
  readonly importedOnly: boolean;
  /** Parameters of the creation, with later values of the same parameters and of the template. */
  readonly parameters: ReadonlyMap<string, RecordedParameter>;
}

export interface RecordedParameter {
  readonly value: Value;
  /** Timestamp of the event with this value. */
  readonly timestamp: string;
  readonly action: string;
}

/** Clusters whose events are in memory at once. */
const MOST_AT_ONCE = 32;
const SPEAKS_OF_LIFE = /^lifecycle:/m;
const HAS_PARAMETERS = /^parameters:/m;
const WAS_IMPORTED = /^source:/m;

/**
 * The life of one cluster. Only events that may concern its life, and the last one, are parsed; the text of the others is
 * searched for the two keys that matter.
 */
export async function readCluster(
  view: StateView,
  subject: ClusterSubject,
  broken: BrokenEvents,
): Promise<ClusterRecord> {
  const stored = await readEvents(view, subject, broken);
  let importedOnly = stored.length > 0;
  const events: KgitEvent[] = [];
  for (const event of stored) {
    const text = event.text();
    importedOnly &&= WAS_IMPORTED.test(text);
    if (event.head.action in LIFECYCLE_ACTIONS || SPEAKS_OF_LIFE.test(text))
      events.push(...readAll([event], broken));
  }
  const { lifecycle, at } = foldLifecycle(events);
  const created = lifecycle === 'created' ? events.findLast(({ timestamp }) => timestamp === at) : undefined;
  const parameters = lifecycle === 'deleted' ? new Map() : readParameters(stored, created, broken);
  return { subject, lifecycle, at, lastEvent: lastOf(stored, broken), importedOnly, parameters };
}

/** The last readable event. */
function lastOf(stored: readonly StoredEvent[], broken: BrokenEvents): KgitEvent | null {
  for (const event of [...stored].reverse()) {
    const [read] = readAll([event], broken);
    if (read) return read;
  }
  return null;
}

/** Every event that changes it records it, even if the creation was never recorded. */
const TEMPLATE = 'template';

/** The newest value of each parameter since `created`; reads from the end, so that few events are parsed. */
function readParameters(
  stored: readonly StoredEvent[],
  created: KgitEvent | undefined,
  broken: BrokenEvents,
): Map<string, RecordedParameter> {
  const missing = new Set([TEMPLATE, ...Object.keys(created?.parameters ?? {})]);
  const found = new Map<string, RecordedParameter>();
  for (const event of [...stored].reverse()) {
    const isFirst = event.head.id === created?.id;
    const text = event.text();
    if (HAS_PARAMETERS.test(text) && [...missing].some((name) => text.includes(name))) {
      for (const { parameters = {}, timestamp, action, outcome } of readAll([event], broken)) {
        const counts = outcome !== 'failed' && String(parameters['dry_run']) !== 'true';
        for (const [name, value] of counts ? Object.entries(parameters) : []) {
          if (missing.delete(name)) found.set(name, { value, timestamp, action });
        }
      }
    }
    if (isFirst || missing.size === 0) break;
  }
  return found;
}

/**
 * The lives of the clusters in the repository.
 * @param broken how events that cannot be read are handled
 * @param only the only cluster to read; all if undefined
 */
export async function readClusters(
  view: StateView,
  broken: BrokenEvents = REFUSE_BROKEN,
  only?: ClusterSubject,
): Promise<ClusterRecord[]> {
  if (only !== undefined) {
    const isThere = (await view.kindOf(subjectFolder(only))) === 'folder';
    return isThere ? [await readCluster(view, only, broken)] : [];
  }
  const subjects = await listSubjects(view, 'cluster');
  const clusters = subjects.filter((subject) => subject.kind === 'cluster');
  const groups = { sizeOf: () => 1, most: MOST_AT_ONCE };
  return inGroups(clusters, groups, (subject) => readCluster(view, subject, broken));
}
