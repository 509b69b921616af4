import type { KubeEvent } from '../../k0rdent/cluster/kube-events.js';
import { eventTime, formatTimestamp, type KgitEvent } from '../../model/event/event.js';
import { gist } from '../../model/event/gist.js';
import { maskSecrets } from '../../model/secret/mask-secrets.js';

/** Something that happened to a cluster, as Kubernetes or the repository tells it. */
export interface TimeLineEntry {
  /** RFC 3339 */
  readonly time: string;
  readonly source: 'kubernetes' | 'kgit';
  /** Reason of an event of Kubernetes, action of one of kgit. */
  readonly what: string;
  readonly message: string;
  /** Who: a user, or the kind of the object that Kubernetes tells of. */
  readonly who: string;
  readonly isBad: boolean;
  /** How often Kubernetes saw it. */
  readonly count: number;
}

/** The events of both as one time line, newest last; of the repository's the last `limit`. */
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
