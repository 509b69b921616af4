import type { Subject } from '../../model/subject/subject.js';
import { parseRfc3339 } from '../../model/value/rfc3339.js';
import { isMap, type Value, type ValueMap } from '../../model/value/value.js';
import type { LegacyMap } from './legacy-document.js';
import type { Archive } from './legacy-family.js';

/** Files that hold no events, as entries of the record that they are. */

const text = (value: Value | undefined) => (typeof value === 'string' && value !== '' ? value : null);

function without(data: LegacyMap, ...keys: string[]): ValueMap {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}

/**
 * A cluster's state file as the event that it was written: k0rdent is the source of truth for clusters, so what the
 * file says of the status is what was recorded, and no state. The scripts still move `last_updated` of such files,
 * so the time is that of their creation, else every import would be news.
 */
export function clusterStateEntry(data: LegacyMap): ValueMap {
  const timestamp = data['created_at'] ?? data['last_updated'] ?? null;
  const parameters = without(data, 'cluster_name', 'created_at', 'last_updated');
  return { timestamp, action: 'cluster_state_recorded', parameters };
}

/** A row of the history file as the event that it tells of: somebody ran the deployment. */
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

/** The rows of a history file by the deployment that they name, with their places; null for those that name none. */
export function historyByDeployment(rows: readonly Value[]): Map<string | null, number[]> {
  const byName = new Map<string | null, number[]>();
  for (const [i, row] of rows.entries()) {
    const name = isMap(row) ? text((row as ValueMap)['cluster_id']) : null;
    byName.set(name, [...(byName.get(name) ?? []), i]);
  }
  return byName;
}

/** The copy of a deployment's state that was made at its end or reset, as the event that it was made. */
export function archiveEntry(data: LegacyMap, { name, reason }: Archive): ValueMap {
  return {
    timestamp: data['last_updated'] ?? data['created_at'] ?? null,
    action: 'deployment_archived',
    ...(reason === null ? {} : { reason }),
    parameters: { archive: name, state: without(data, 'events') },
  };
}

/** The same where only the log of events is in the archive, or is all that can be read; null where it has no time. */
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

/** The keys of an event file that its events say again, so that they need not be kept. */
const SAID_AGAIN = ['deployment_id', 'cluster_name', 'events'];

/** What an event file says beside its entries and they do not; null where that is nothing. */
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
