import type { Subject } from '../../model/subject/subject.js';
import { parseRfc3339 } from '../../model/value/rfc3339.js';
import { isMap, type Value, type ValueMap } from '../../model/value/value.js';
import type { LegacyMap } from './legacy-document.js';
import type { Archive } from './legacy-family.js';

/** Converts files without events to entries about them. */

const text = (value: Value | undefined) => (typeof value === 'string' && value !== '' ? value : null);

function without(data: LegacyMap, ...keys: string[]): ValueMap {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}

/**
 * Converts a cluster's state file to the event that it was written. k0rdent is the source of truth for clusters, so the
 * status in the file is recorded as an event, not as state. The time is that of the file's creation: the scripts keep
 * updating `last_updated`, which would make every import new.
 */
export function clusterStateEntry(data: LegacyMap): ValueMap {
  const timestamp = data['created_at'] ?? data['last_updated'] ?? null;
  const parameters = without(data, 'cluster_name', 'created_at', 'last_updated');
  return { timestamp, action: 'cluster_state_recorded', parameters };
}

/** Converts a row of the history file to the event that somebody ran the deployment. */
export function historyEntry(row: ValueMap): ValueMap {
  const { cluster_id: _id, deployed_at: timestamp = null, deployer, ...parameters } = row;
  const user = text(deployer);
  return {
    timestamp,
    action: 'deployment_invoked',
    ...(user === null || user === 'unknown' ? {} : { user }),
    parameters,
  };
}

/** Groups the rows of a history file by deployment, as indexes; null for rows that name none. */
export function historyByDeployment(rows: readonly Value[]): Map<string | null, number[]> {
  const byName = new Map<string | null, number[]>();
  for (const [i, row] of rows.entries()) {
    const name = isMap(row) ? text((row as ValueMap)['cluster_id']) : null;
    byName.set(name, [...(byName.get(name) ?? []), i]);
  }
  return byName;
}

/** Converts the copy of a deployment's state that was made at its end or reset to the event of its archiving. */
export function archiveEntry(data: LegacyMap, { name, reason }: Archive): ValueMap {
  return {
    timestamp: data['last_updated'] ?? data['created_at'] ?? null,
    action: 'deployment_archived',
    ...(reason === null ? {} : { reason }),
    parameters: { archive: name, state: without(data, 'events') },
  };
}

/** The same if the archive has only the log of events, or only that is readable; null if the log has no time. */
export function archivedLogEntry(
  data: LegacyMap,
  entries: readonly Value[],
  { name, reason }: Archive,
): ValueMap | null {
  const last = entries.at(-1);
  const timestamp = data['last_updated'] ?? (isMap(last) ? (last['timestamp'] as Value) : null);
  if (typeof timestamp !== 'string' || parseRfc3339(timestamp) === null) return null;
  const why = reason === null ? {} : { reason };
  return { timestamp, action: 'deployment_archived', ...why, parameters: { archive: name } };
}

/** The keys of an event file that its events repeat, so that they need not be kept. */
const SAID_AGAIN = ['deployment_id', 'cluster_name', 'events'];

/** The fields of an event file that cannot be derived from its entries; null if there are none. */
export function headOf(data: LegacyMap, entries: readonly Value[], subject: Subject): ValueMap | null {
  const { created_at: created, last_updated: updated, ...rest } = data;
  const timeOf = (entry: Value | undefined) => (isMap(entry) ? entry['timestamp'] : undefined);
  const isPlain =
    created === timeOf(entries[0]) &&
    updated === timeOf(entries.at(-1)) &&
    Object.keys(rest).every((key) => SAID_AGAIN.includes(key)) &&
    Object.hasOwn(data, subject.kind === 'cluster' ? 'cluster_name' : 'deployment_id');
  return isPlain ? null : without(data, 'events');
}
