import { createHash } from 'node:crypto';
import type { Observation } from '../../k0rdent/observe/observation.js';
import { buildStatus } from '../../k0rdent/observe/status-report.js';
import { eventTime, formatTimestamp, type KgitEvent } from '../../model/event/event.js';
import type { EventWrite } from '../../model/operation/operation.js';
import {
  type ClusterSubject,
  cluster,
  clusterNameFault,
  formatSubject,
} from '../../model/subject/subject.js';
import { parseRfc3339 } from '../../model/value/rfc3339.js';
import { makeUlid, randomBits } from '../../model/value/ulid.js';
import type { ClusterRecord } from '../../store/read/cluster-records.js';

/** An event that completes the history of a cluster, and why. */
export interface BackfillEvent extends EventWrite {
  readonly subject: ClusterSubject;
  readonly reason: string;
}

/** The fields that say who looked. */
export type Observer = Pick<KgitEvent, 'user' | 'host'> & { readonly run_id?: string };

/** Fields that do not depend on who records the event, so that two who do it at once record one event. */
const SAME_FOR_ALL = ['lifecycle'];

function event(
  subject: ClusterSubject,
  action: string,
  time: number,
  ends: string,
  fields: Partial<KgitEvent>,
): Pick<EventWrite, 'event' | 'given'> & { subject: ClusterSubject } {
  const hash = createHash('sha256')
    .update(JSON.stringify([formatSubject(subject), action, ends]))
    .digest();
  const id = makeUlid(time, randomBits(hash));
  return {
    subject,
    event: { id, timestamp: formatTimestamp(time), action, ...fields },
    given: SAME_FOR_ALL,
  };
}

/** The unrecorded end of a cluster. When it happened is unknown, so it is dated right after the last recorded event. */
function vanished(record: ClusterRecord, observedAt: string, who: Observer): BackfillEvent | null {
  const { subject, lastEvent, at } = record;
  if (lastEvent === null) return null;
  const reason = `recorded as created at ${at}, and not live`;
  const parameters = { observed_at: observedAt, last_recorded: lastEvent.timestamp };
  const fields = { ...who, reason, parameters, lifecycle: 'deleted' as const };
  return {
    ...event(subject, 'cluster_vanished', eventTime(lastEvent) + 1, lastEvent.id, fields),
    reason,
  };
}

/** The unrecorded creation of a live cluster, dated by its object. */
function observed(
  subject: ClusterSubject,
  createdAt: string | null,
  observedAt: string,
  who: Observer,
): BackfillEvent {
  const time = parseRfc3339(createdAt ?? '') ?? parseRfc3339(observedAt) ?? 0;
  const reason = 'live, and no event records it';
  const parameters = { observed_at: observedAt, created_at: createdAt };
  const fields = { ...who, reason, parameters, lifecycle: 'created' as const };
  return { ...event(subject, 'cluster_observed', time, String(createdAt), fields), reason };
}

/**
 * The events that complete the history of the clusters of an observation: `cluster_vanished` for those that are
 * recorded and not live where it was looked for, `cluster_observed` for those that are live and not recorded. Of their
 * status nothing is copied. The same record and the same clusters give the same ids.
 * @param skip called for each cluster that cannot be recorded because of its name
 */
export function backfillEvents(
  observation: Observation,
  records: readonly ClusterRecord[],
  who: Observer,
  skip: (message: string) => void,
): BackfillEvent[] {
  const { divergence, clusters } = buildStatus<KgitEvent>(observation, records);
  const byName = new Map(records.map((record) => [formatSubject(record.subject), record]));
  const live = new Map(clusters.map((one) => [formatSubject({ kind: 'cluster', ...one }), one]));
  const observedAt = new Map(observation.contexts.map((one) => [one.management, one.observedAt]));
  return divergence.flatMap(({ kind, management, namespace, name, clusters: several }) => {
    const time = observedAt.get(management) ?? observation.contexts[0]?.observedAt ?? '';
    const places = several ?? [`${namespace}/${name}`];
    return places.flatMap((place): BackfillEvent[] => {
      const [ns = '', ...rest] = place.split('/');
      const fault = clusterNameFault(management, ns, rest.join('/'));
      if (fault !== null) {
        skip(`the ClusterDeployment ${place} is left out: ${fault}`);
        return [];
      }
      const subject = cluster(management, ns, rest.join('/'));
      const record = byName.get(formatSubject(subject));
      if (kind === 'untracked')
        return [observed(subject, live.get(formatSubject(subject))?.createdAt ?? null, time, who)];
      const end = kind === 'vanished' && record ? vanished(record, time, who) : null;
      return end ? [end] : [];
    });
  });
}
