import type { ClusterState } from '../k0rdent/cluster-state.js';
import type { Divergence } from '../k0rdent/divergence.js';
import type { ContextObservation } from '../k0rdent/observation.js';
import type { JoinedCluster } from '../k0rdent/status-report.js';
import { eventTime, type KgitEvent } from '../model/event.js';
import type { Screen } from './output.js';
import type { Colour } from './style.js';
import { formatTable, type TableRow } from './table.js';
import { oneLine } from './terminal-text.js';
import { formatAge } from './time.js';

const COLOURS: Readonly<Record<ClusterState, Colour>> = {
  New: 'cyan',
  Provisioning: 'cyan',
  Updating: 'cyan',
  Ready: 'green',
  ServicesPending: 'yellow',
  ServicesFailed: 'red',
  Failed: 'red',
  Paused: 'magenta',
  Deleting: 'yellow',
  DeleteFailing: 'red',
  DryRunValid: 'blue',
  DryRunInvalid: 'red',
};

export interface StatusPicture {
  readonly contexts: readonly ContextObservation[];
  readonly clusters: readonly JoinedCluster<KgitEvent>[];
  readonly divergence: readonly Divergence[];
  /** ms since the epoch */
  readonly now: number;
  /** The last line: what is known of the repository. */
  readonly footer: string;
}

function lastEventText(event: KgitEvent | null, now: number): string {
  if (!event) return '';
  const by = event.user ? ` by ${event.user}` : '';
  return `${event.action} ${formatAge(now - eventTime(event))} ago${by}`;
}

function age(createdAt: string | null, now: number): string {
  const time = createdAt === null ? Number.NaN : Date.parse(createdAt);
  return Number.isNaN(time) ? '' : formatAge(now - time);
}

function clusterRow(
  cluster: JoinedCluster<KgitEvent>,
  now: number,
  columns: { management: boolean; wide: boolean },
): TableRow {
  const {
    management,
    namespace,
    name,
    state,
    ready,
    services,
    template,
    region,
    createdAt,
    flags,
    lastEvent,
  } = cluster;
  const status = flags.length > 0 ? `${state} (${flags.join(', ')})` : state;
  return [
    ...(columns.management ? [management] : []),
    namespace,
    name,
    { text: status, colour: COLOURS[state] },
    `${services.ready}/${services.total}`,
    template ?? '',
    age(createdAt, now),
    ...(columns.wide ? [region ?? ''] : []),
    lastEventText(lastEvent, now),
    ...(columns.wide ? [[ready.reason, ready.message].filter(Boolean).join(': ')] : []),
  ];
}

function contextLines({ contexts }: StatusPicture, { style }: Screen): string[] {
  return contexts.flatMap(({ context, error, namespaces, match }) => {
    if (error)
      return [`${style('red', '✗')} ${oneLine(context || 'current context')}: ${oneLine(error.message)}`];
    const lines: string[] = [];
    if (namespaces.denied.length > 0 || namespaces.seen !== '*') {
      const seen = namespaces.seen === '*' ? 'all' : namespaces.seen.join(', ');
      const denied = namespaces.denied.length > 0 ? `; denied: ${namespaces.denied.join(', ')}` : '';
      lines.push(
        `${style('yellow', '!')} ${oneLine(context)}: only these namespaces were seen: ${oneLine(seen)}${oneLine(denied)}`,
      );
    }
    if (match === 'unknown') {
      lines.push(
        `${style('yellow', '!')} ${oneLine(context)}: your rights do not tell whether this is the recorded cluster, so nothing is called vanished`,
      );
    }
    return lines;
  });
}

/** More of one kind than this are one line, unless -o wide asks for all. */
const MANY = 8;

function folded(divergence: readonly Divergence[], wide: boolean): readonly Divergence[] {
  const kinds = new Set(divergence.map(({ kind }) => kind));
  return [...kinds].flatMap((kind) => {
    const same = divergence.filter((one) => one.kind === kind);
    const [first] = same;
    if (wide || !first || same.length <= MANY) return same;
    const detail = `${same.length} clusters, such as ${first.namespace}/${first.name}: ${first.detail}; -o wide lists all`;
    return [{ ...first, namespace: null, name: null, detail }];
  });
}

function divergenceLines(picture: StatusPicture, screen: Screen, wide: boolean): string[] {
  const divergence = folded(picture.divergence, wide);
  if (divergence.length === 0) return [];
  const { style, width } = screen;
  const rows = divergence.map(({ kind, management, namespace, name, detail }) => [
    { text: kind, colour: 'yellow' as const },
    namespace === null ? management : `${management}/${namespace}/${name}`,
    detail,
  ]);
  return ['', ...formatTable(['DIVERGENCE', 'CLUSTER', 'DETAIL'], rows, style, width)];
}

/** The table of clusters, what was not seen, what diverges, and where the history comes from. */
export function statusLines(picture: StatusPicture, screen: Screen, wide: boolean): string[] {
  const { clusters, now, footer } = picture;
  const { style, width } = screen;
  const columns = {
    management: wide || new Set(clusters.map(({ management }) => management)).size > 1,
    wide,
  };
  const heading = [
    ...(columns.management ? ['MANAGEMENT'] : []),
    ...['NAMESPACE', 'NAME', 'STATE', 'SERVICES', 'TEMPLATE', 'AGE'],
    ...(wide ? ['REGION'] : []),
    'LAST EVENT',
    ...(wide ? ['READY'] : []),
  ];
  const rows = clusters.map((cluster) => clusterRow(cluster, now, columns));
  const table = rows.length > 0 ? formatTable(heading, rows, style, width) : [style('dim', 'no clusters')];
  return [
    ...table,
    ...divergenceLines(picture, screen, wide),
    ...contextLines(picture, screen),
    '',
    style('dim', footer),
  ];
}
