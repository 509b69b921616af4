import { failedBecause } from '../kubectl/cluster-failure.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { readPages } from '../kubectl/pages.js';
import { readNumber, readObject, readString, readTime } from '../kubectl/read.js';

/** A Kubernetes event about a cluster or an object with its name. */
export interface KubeEvent {
  /** When it was last seen, in ms since the epoch. */
  readonly time: number;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly kind: string;
  readonly count: number;
}

/**
 * The cluster whose events to read. `uid` distinguishes it from an earlier cluster of the same name; `since` (ms) does
 * so for its other objects.
 */
export interface EventsOf {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | null;
  readonly since: number;
}

/** Kinds of objects, other than ClusterDeployment, that share the cluster's name. */
const SAME_NAME = ['HelmRelease', 'Cluster', 'ServiceSet', 'SveltosCluster', 'HelmChart'];

/**
 * Reads the events of a cluster and of the objects with its name, sorted by time; Kubernetes keeps them for an hour.
 * Null if the user may not read them. Throws ClusterError.
 */
export async function readKubeEvents(kubectl: Kubectl, of: EventsOf): Promise<KubeEvent[] | null> {
  const path = `/api/v1/namespaces/${of.namespace}/events`;
  try {
    const events = await readPages(kubectl, path, { fields: `involvedObject.name=${of.name}` }, (item) =>
      readKubeEvent(item, of),
    );
    return events.sort((a, b) => a.time - b.time);
  } catch (error) {
    if (failedBecause(error, 'forbidden')) return null;
    throw error;
  }
}

function readKubeEvent(item: unknown, { name, uid, since }: EventsOf): KubeEvent | null {
  const event = readObject(item);
  const about = readObject(event['involvedObject']);
  const kind = readString(about['kind']) ?? '';
  const time = timeOf(event);
  if (about['name'] !== name || time === null) return null;
  if (kind === 'ClusterDeployment' ? uid !== null && (about['uid'] ?? uid) !== uid : time < since)
    return null;
  if (kind !== 'ClusterDeployment' && !SAME_NAME.includes(kind)) return null;
  const series = readObject(event['series']);
  return {
    time,
    type: readString(event['type']) ?? 'Normal',
    reason: readString(event['reason']) ?? '',
    message: readString(event['message']) ?? readString(event['note']) ?? '',
    kind,
    count: Math.max(readNumber(series['count']) ?? readNumber(event['count']) ?? 1, 1),
  };
}

/** Reads the time of an event. Events of kcm 1.8 and later have no first and last time when read through core/v1. */
function timeOf(event: Readonly<Record<string, unknown>>): number | null {
  const times = [
    readObject(event['series'])['lastObservedTime'],
    event['eventTime'],
    event['lastTimestamp'],
    event['firstTimestamp'],
    readObject(event['metadata'])['creationTimestamp'],
  ];
  return times.map(readTime).find((time) => time !== null) ?? null;
}
