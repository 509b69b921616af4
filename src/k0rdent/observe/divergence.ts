import type { Lifecycle } from '../../model/event/event.js';
import { type ClusterSubject, formatSubject } from '../../model/subject/subject.js';
import { counted } from '../../model/value/counted.js';
import { type ClusterState, isBeingDeleted } from '../cluster/cluster-state.js';
import { type JsonObject, readTime } from '../kubectl/read.js';
import { findDrift, type RecordedParameters } from './drift.js';
import type { SeenNamespaces } from './list.js';

/** What the state repository records of a cluster. */
export interface RecordedCluster<Event extends { timestamp: string } = { timestamp: string }> {
  readonly subject: ClusterSubject;
  readonly lifecycle: Lifecycle | null;
  /** Timestamp of the event that says so. */
  readonly at: string | null;
  readonly lastEvent: Event | null;
  readonly importedOnly: boolean;
  /** What the cluster was given, as far as events of its present life record it. */
  readonly parameters?: RecordedParameters;
}

/** What of an observed cluster divergence depends on. */
export interface LiveCluster {
  readonly management: string;
  readonly namespace: string;
  readonly name: string;
  readonly state: ClusterState;
  readonly createdAt: string | null;
  /** Its `spec`, where recorded parameters are held against it. */
  readonly spec?: JsonObject | undefined;
}

/** How far an observation of one management cluster allows to say that something is not there. */
export interface Coverage {
  readonly management: string;
  readonly seen: SeenNamespaces['seen'];
  /** Whether the context's identity is the recorded one of that management cluster. */
  readonly identified: boolean;
}

export const DIVERGENCE_KINDS = [
  'untracked',
  'vanished',
  'lingering',
  'drifted',
  'template-changed',
] as const;

/**
 * `untracked`: live, and no event since it was created. `lingering`: deleted by its events, still live and not being
 * deleted. `vanished`: created by its events, not deleted by them, and not live where it was looked for. `drifted`: the live spec is not what was
 * recorded. `template-changed`: nor is its template, so that it was changed without kgit.
 */
export interface Divergence {
  readonly kind: (typeof DIVERGENCE_KINDS)[number];
  readonly management: string;
  /** Null, as `name`, where the finding sums up several clusters. */
  readonly namespace: string | null;
  readonly name: string | null;
  readonly detail: string;
  /** The clusters summed up, as NAMESPACE/NAME. */
  readonly clusters?: readonly string[];
  /** Of a drift: where in the spec, and both values, secrets masked. */
  readonly path?: string;
  readonly recorded?: unknown;
  readonly live?: unknown;
}

/**
 * Writing the event and creating the object are two steps on two clocks: a `created` up to this much older than the
 * object speaks of the object, as far as clocks of writers may differ.
 */
const CREATED_BEFORE_MS = 5 * 60 * 1000;

/**
 * What is recorded against what is observed, by management, namespace and name; summaries last.
 *
 * A live object starts a new life at its creation: events before it are of a predecessor of the same name. So a
 * `deleted` before it is no lingering, and a cluster made anew without an event is untracked however long its history.
 *
 * Absence proves nothing where nobody looked: `vanished` needs a context whose identity matches the recorded one and
 * that could read the namespace, all of it. Clusters known from an import alone are no news one by one: their
 * recording ended before kgit was there, so those not live are one `vanished` per management cluster.
 */
export function findDivergence(
  live: readonly LiveCluster[],
  recorded: readonly RecordedCluster[],
  coverage: readonly Coverage[],
): Divergence[] {
  const records = new Map(recorded.map((record) => [formatSubject(record.subject), record]));
  const lives = new Set(live.map(subjectKey));
  const missing = recorded.filter(
    ({ subject, lifecycle }) =>
      lifecycle === 'created' && !lives.has(formatSubject(subject)) && isCovered(subject, coverage),
  );
  const single = [
    ...live.flatMap((cluster) => liveDivergence(cluster, records.get(subjectKey(cluster))) ?? []),
    ...live.flatMap((cluster) => drifts(cluster, records.get(subjectKey(cluster)))),
    ...missing.filter(({ importedOnly }) => !importedOnly).map(vanished),
  ];
  return [...single.sort(byPlace), ...summaries(missing.filter(({ importedOnly }) => importedOnly))];
}

function subjectKey({ management, namespace, name }: LiveCluster): string {
  return formatSubject({ kind: 'cluster', management, namespace, name });
}

function isCovered(subject: ClusterSubject, coverage: readonly Coverage[]): boolean {
  return coverage.some(
    ({ management, seen, identified }) =>
      identified && management === subject.management && (seen === '*' || seen.includes(subject.namespace)),
  );
}

function liveDivergence(cluster: LiveCluster, record: RecordedCluster | undefined): Divergence | null {
  const { management, namespace, name } = cluster;
  const last = record?.lastEvent ?? null;
  if (record === undefined || last === null)
    return { kind: 'untracked', management, namespace, name, detail: 'live, and no event records it' };
  const born = readTime(cluster.createdAt) ?? Number.NEGATIVE_INFINITY;
  const said = readTime(record.at);
  const announced = record.lifecycle === 'created' && said !== null && said >= born - CREATED_BEFORE_MS;
  if ((readTime(last.timestamp) ?? 0) < born && !announced) {
    const detail = `live since ${cluster.createdAt}, and no event since: the last one is of ${last.timestamp}`;
    return { kind: 'untracked', management, namespace, name, detail };
  }
  if (record.lifecycle !== 'deleted' || said === null || said < born || isBeingDeleted(cluster.state))
    return null;
  const detail = `recorded as deleted at ${record.at}, still live (${cluster.state})`;
  return { kind: 'lingering', management, namespace, name, detail };
}

/** What events since the creation record of the spec, against the live one. */
function drifts(cluster: LiveCluster, record: RecordedCluster | undefined): Divergence[] {
  const { management, namespace, name, spec } = cluster;
  if (spec === undefined || record?.parameters === undefined || isBeingDeleted(cluster.state)) return [];
  const born = (readTime(cluster.createdAt) ?? Number.NEGATIVE_INFINITY) - CREATED_BEFORE_MS;
  const own = [...record.parameters].filter(([, { timestamp }]) => (readTime(timestamp) ?? 0) >= born);
  return findDrift(new Map(own), spec).map((drift) => ({ management, namespace, name, ...drift }));
}

function vanished({ subject, at }: RecordedCluster): Divergence {
  const { management, namespace, name } = subject;
  return { kind: 'vanished', management, namespace, name, detail: `recorded as created at ${at}, not live` };
}

function summaries(imported: readonly RecordedCluster[]): Divergence[] {
  const byManagement = new Map<string, string[]>();
  for (const { subject } of imported) {
    const names = byManagement.get(subject.management) ?? [];
    names.push(`${subject.namespace}/${subject.name}`);
    byManagement.set(subject.management, names);
  }
  return [...byManagement]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([management, names]) => ({
      kind: 'vanished',
      management,
      namespace: null,
      name: null,
      detail: `${counted(names.length, 'cluster')} known from imported history alone, not live`,
      clusters: names.sort(),
    }));
}

function byPlace(a: Divergence, b: Divergence): number {
  const place = ({ management, namespace, name }: Divergence) => `${management}/${namespace}/${name}`;
  return place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0;
}
