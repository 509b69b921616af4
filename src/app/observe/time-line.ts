import type { KubeEvent } from '../../k0rdent/cluster/kube-events.js';
import type { BrokenEvents } from '../../model/event/broken-events.js';
import { eventTime, formatTimestamp, type KgitEvent } from '../../model/event/event.js';
import { gist } from '../../model/event/gist.js';
import { maskSecrets } from '../../model/secret/mask-secrets.js';
import type { ClusterSubject } from '../../model/subject/subject.js';
import type { StateView } from '../../store/port/state-store.js';
import { readEvents } from '../../store/read/records.js';
import { readAll } from '../../store/read/stored-events.js';

/** An entry of a cluster's timeline: an event of Kubernetes or of the repository. */
export interface TimeLineEntry {
  /** RFC 3339 */
  readonly time: string;
  readonly source: 'kubernetes' | 'kgit';
  /** Reason of a Kubernetes event, or action of a kgit event. */
  readonly what: string;
  readonly message: string;
  /** A user, or the kind of the object that the Kubernetes event is about. */
  readonly who: string;
  readonly isBad: boolean;
  /** How often Kubernetes saw it. */
  readonly count: number;
}

/** Merges recorded and Kubernetes events into one timeline, newest last, with the last `limit` of each. */
export function timeLine(
  recorded: readonly KgitEvent[],
  live: readonly KubeEvent[],
  limit: number,
): TimeLineEntry[] {
  const entries = [
    ...recorded.slice(-limit).map((event) => ({ at: eventTime(event), entry: ofRecord(event) })),
    ...live.slice(-limit).map((event) => ({ at: event.time, entry: ofKubernetes(event) })),
  ];
  return entries.sort((a, b) => a.at - b.at).map(({ entry }) => entry);
}

/** Reads the last `limit` recorded events of a cluster. @param broken how to handle events that cannot be read */
export async function lastEvents(
  view: StateView,
  subject: ClusterSubject,
  limit: number,
  broken: BrokenEvents,
): Promise<KgitEvent[]> {
  const stored = await readEvents(view, subject, broken);
  return readAll(stored.slice(-limit), broken);
}

/** Returns the timeline of a cluster from its record alone. */
export async function recordedTimeLine(
  view: StateView,
  subject: ClusterSubject,
  limit: number,
  broken: BrokenEvents,
): Promise<TimeLineEntry[]> {
  return timeLine(await lastEvents(view, subject, limit, broken), [], limit);
}

function ofRecord(event: KgitEvent): TimeLineEntry {
  return {
    time: event.timestamp,
    source: 'kgit',
    what: event.action,
    message: maskSecrets(gist(event)),
    who: event.user ?? '',
    isBad: event.outcome === 'failed',
    count: 1,
  };
}

function ofKubernetes({ time, reason, message, kind, type, count }: KubeEvent): TimeLineEntry {
  const isBad = type === 'Warning';
  return {
    time: formatTimestamp(time),
    source: 'kubernetes',
    what: reason,
    message,
    who: kind,
    isBad,
    count,
  };
}
