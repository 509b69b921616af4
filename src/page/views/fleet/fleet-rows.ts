import type { Cluster, Divergence, StatusResult } from '../../api/results.js';
import { isShownState, type ShownState, STATES } from '../../parts/badge.js';
import { readTime } from '../../parts/time.js';

/** A row of the fleet: a live cluster, or one that is recorded and not live. */
export interface FleetRow {
  /** MANAGEMENT/NAMESPACE/NAME */
  readonly key: string;
  readonly management: string;
  readonly namespace: string;
  readonly name: string;
  readonly state: ShownState;
  /** Null if it is not live. */
  readonly cluster: Cluster | null;
  readonly divergence: readonly Divergence[];
  /** Lower case, for the search. */
  readonly text: string;
}

const keyOf = (place: { management: string; namespace: string | null; name: string | null }) =>
  `${place.management}/${place.namespace}/${place.name}`;

/** The rows of a report: its clusters, and after them the recorded ones that are not live. */
export function fleetRows({ clusters, divergence }: StatusResult): FleetRow[] {
  const found = new Map<string, Divergence[]>();
  for (const one of divergence) {
    if (one.namespace === null || one.name === null) continue;
    const list = found.get(keyOf(one));
    if (list) list.push(one);
    else found.set(keyOf(one), [one]);
  }
  const live = clusters.map((cluster) => {
    const key = keyOf(cluster);
    const own = found.get(key) ?? [];
    found.delete(key);
    return rowOf(cluster, key, cluster, own);
  });
  const vanished = [...found].flatMap(([key, own]) => {
    const [{ management, namespace, name } = { management: '', namespace: null, name: null }] = own;
    return namespace === null || name === null
      ? []
      : [rowOf({ management, namespace, name }, key, null, own)];
  });
  return [...live, ...vanished];
}

function rowOf(
  { management, namespace, name }: Pick<FleetRow, 'management' | 'namespace' | 'name'>,
  key: string,
  cluster: Cluster | null,
  divergence: readonly Divergence[],
): FleetRow {
  const words = [
    key,
    cluster?.state ?? 'not live',
    cluster?.template ?? '',
    cluster?.why ?? '',
    cluster?.lastEvent?.action ?? '',
    cluster?.lastEvent?.user ?? '',
    ...Object.entries(cluster?.labels ?? {}).map(([label, value]) => `${label}=${value}`),
    ...divergence.map(({ kind }) => kind),
  ];
  const state = cluster?.state ?? 'NotLive';
  return {
    key,
    management,
    namespace,
    name,
    state,
    cluster,
    divergence,
    text: words.join('\n').toLowerCase(),
  };
}

/** Filters of the fleet, as the address holds them. */
export interface FleetFilter {
  readonly words: readonly string[];
  readonly states: ReadonlySet<ShownState>;
  readonly management: string;
  readonly namespace: string;
  readonly isDiverged: boolean;
}

export function readFilter(query: URLSearchParams): FleetFilter {
  const states = (query.get('state') ?? '').split(',').filter(isShownState);
  return {
    words: (query.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean),
    states: new Set(states),
    management: query.get('management') ?? '',
    namespace: query.get('namespace') ?? '',
    isDiverged: query.get('diverged') === '1',
  };
}

/** The rows that all filters but those of state and divergence let through: what the summary counts. */
export function counted(rows: readonly FleetRow[], filter: FleetFilter): FleetRow[] {
  const { words, management, namespace } = filter;
  return rows.filter(
    (row) =>
      (management === '' || row.management === management) &&
      (namespace === '' || row.namespace === namespace) &&
      words.every((word) => row.text.includes(word)),
  );
}

/** Of the counted rows those in the wanted states, diverged if that is asked for. */
export function wanted(rows: readonly FleetRow[], { states, isDiverged }: FleetFilter): FleetRow[] {
  return rows.filter(
    (row) => (states.size === 0 || states.has(row.state)) && (!isDiverged || row.divergence.length > 0),
  );
}

const byName = (a: FleetRow, b: FleetRow) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
const newestFirst = (time: (row: FleetRow) => string | null | undefined) => (a: FleetRow, b: FleetRow) =>
  (readTime(time(b)) ?? 0) - (readTime(time(a)) ?? 0) || byName(a, b);

/** Orders of the fleet by the key of the column. */
const ORDERS = {
  state: (a: FleetRow, b: FleetRow) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || byName(a, b),
  cluster: (a: FleetRow, b: FleetRow) => (a.name < b.name ? -1 : a.name > b.name ? 1 : byName(a, b)),
  services: (a: FleetRow, b: FleetRow) => lacking(b) - lacking(a) || byName(a, b),
  template: (a: FleetRow, b: FleetRow) =>
    (a.cluster?.template ?? '').localeCompare(b.cluster?.template ?? '') || byName(a, b),
  event: newestFirst((row) => row.cluster?.lastEvent?.timestamp),
  why: newestFirst((row) => row.cluster?.since),
} as const satisfies Readonly<Record<string, (a: FleetRow, b: FleetRow) => number>>;
export type FleetOrder = keyof typeof ORDERS;

const lacking = ({ cluster }: FleetRow) => (cluster ? cluster.services.total - cluster.services.ready : 0);

export function isOrder(key: string): key is FleetOrder {
  return Object.hasOwn(ORDERS, key);
}

export function sorted(rows: readonly FleetRow[], order: FleetOrder): FleetRow[] {
  return [...rows].sort(ORDERS[order]);
}
