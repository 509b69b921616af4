import type { Lifecycle } from '../../model/event/event.js';
import { type ClusterSubject, formatSubject } from '../../model/subject/subject.js';
import { counted } from '../../model/value/counted.js';
import { type ClusterState, isBeingDeleted } from '../cluster/cluster-state.js';
import { type JsonObject, readTime } from '../kubectl/read.js';
import { findDrift, type RecordedParameters } from './drift.js';
import type { SeenNamespaces } from './list.js';

/** The state repository's record of a cluster. */
export interface RecordedCluster<Event extends { timestamp: string } = { timestamp: string }> {
  readonly subject: ClusterSubject;
  readonly lifecycle: Lifecycle | null;
  /** Timestamp of the event that set `lifecycle`. */
  readonly at: string | null;
  readonly lastEvent: Event | null;
  readonly importedOnly: boolean;
  /** Parameters of the cluster, as recorded by events since its creation. */
  readonly parameters?: RecordedParameters;
}

/** The parts of an observed cluster that divergence depends on. */
export interface LiveCluster {
  readonly management: string;
  readonly namespace: string;
  readonly name: string;
  readonly state: ClusterState;
  readonly createdAt: string | null;
  /** Its `spec`, if recorded parameters are to be compared with it. */
  readonly spec?: JsonObject | undefined;
}

/** Which absences an observation of one management cluster can prove. */
export interface Coverage {
  readonly management: string;
  readonly seen: SeenNamespaces['seen'];
  /** Whether the context's identity is the recorded one of the management cluster. */
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
 * `untracked`: live, but without an event since it was created. `lingering`: deleted by its events, but still live and
 * not being deleted. `vanished`: created and not deleted by its events, but not live where it was looked for.
 * `drifted`: a field of the live spec differs from the recorded value. `template-changed`: that field is the template,
 * so it was changed without kgit.
 */
export interface Divergence {
  readonly kind: (typeof DIVERGENCE_KINDS)[number];
  readonly management: string;
  /** Null, like `name`, if the finding summarizes several clusters. */
  readonly namespace: string | null;
  readonly name: string | null;
  readonly detail: string;
  /** The summarized clusters, as NAMESPACE/NAME. */
  readonly clusters?: readonly string[];
  /** For a drift: the path in the spec; the two values below have secrets masked. */
  readonly path?: string;
  readonly recorded?: unknown;
  readonly live?: unknown;
}

/**
 * Tolerance for clock differences: the event and the object are written in two steps on two clocks, so a `created`
 * event up to this much older than the object still refers to it.
 */
const CREATED_BEFORE_MS = 5 * 60 * 1000;

/**
 * Compares the record with the observation. The findings are sorted by management, namespace and name, summaries last.
 *
 * A live object starts a new life at its creation: earlier events belong to a predecessor of the same name. So an
 * earlier `deleted` is not lingering, and a cluster created anew without an event is untracked, however long its
 * history.
 *
 * Absence proves nothing where nobody looked: `vanished` requires a context whose identity matches the recorded one and
 * that could read the whole namespace. Clusters known only from an import are not reported one by one, because their
 * recording ended before kgit was in use; those that are not live are summarized as one `vanished` per management
 * cluster.
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

/** Compares the spec, as recorded by events since the creation, with the live one. */
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
