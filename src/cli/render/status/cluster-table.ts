import type { JoinedCluster } from '../../../k0rdent/observe/status-report.js';
import { eventTime, type KgitEvent } from '../../../model/event/event.js';
import { formatAge } from '../../../model/value/time.js';
import { columnsOf } from '../../../terminal/columns.js';
import { blockOf } from '../../../terminal/fitting-table.js';
import type { Screen } from '../../../terminal/output.js';
import { type Cell, cellOf, clip, formatTable, GAP, NARROW_GAP, textOf } from '../../../terminal/table.js';
import { oneLine } from '../../../terminal/terminal-text.js';
import { packed, wrapped } from '../../../terminal/wrap.js';
import { ageSince, STATE_COLOURS, shownFlags } from './status-columns.js';

type Cluster = JoinedCluster<KgitEvent>;

export interface TableOptions {
  /** ms since the epoch */
  readonly now: number;
  /** Whether to show all columns, and messages in full. */
  readonly wide: boolean;
  /** Label keys that get a column each. */
  readonly labels?: readonly string[] | undefined;
}

/** A table in parts, so that the caller can show as many rows as fit. */
export interface TableParts {
  readonly heading: readonly string[];
  /** The lines of each cluster. */
  readonly rows: readonly (readonly string[])[];
}

/** A column of the table: its heading and its cell for a cluster. */
interface Column {
  readonly heading: string;
  readonly cell: (cluster: Cluster) => string | Cell;
  /** Shorter forms of both, for a narrow terminal. */
  readonly narrowHeading?: string;
  readonly narrow?: (cluster: Cluster) => string;
  /** Minimum width, in columns, as the last column, which may be cut; its full width if omitted. */
  readonly least?: number;
}

/** A layout of the table. */
interface Layout {
  readonly without: readonly string[];
  readonly isNarrow?: boolean;
  /** Whether nothing may be cut. */
  readonly isWhole?: boolean;
}

/** Layouts with a column for the reason, widest first. */
const WITH_REASON: readonly Layout[] = [
  { without: [] },
  { without: ['AGE'] },
  { without: ['AGE'], isNarrow: true },
];
/** Layouts with the reason on a line below each cluster. */
const REASON_BELOW: readonly Layout[] = [
  { without: ['WHY'], isWhole: true },
  { without: ['WHY', 'AGE'], isNarrow: true },
  { without: ['WHY', 'AGE', 'LAST EVENT'], isNarrow: true },
];

const INDENT = '    ';

/**
 * Formats the table of clusters. On a terminal too narrow for the column WHY, the reason goes on its own line below the
 * cluster; on one too narrow for any table, each cluster becomes a block. Output that is not a terminal gets all
 * columns, uncut.
 */
export function clusterTable(clusters: readonly Cluster[], screen: Screen, options: TableOptions): string[] {
  const { heading, rows } = clusterRows(clusters, screen, options);
  return [...(screen.noHeaders ? [] : heading), ...rows.flat()];
}

/** Formats the table of clusters in parts. */
export function clusterRows(clusters: readonly Cluster[], screen: Screen, options: TableOptions): TableParts {
  const { width } = screen;
  const { wide } = options;
  const usual = usualColumns(clusters, options, width !== null);
  if (width === null) {
    const columns = wide ? withDetails(usual) : usual;
    return laidOut(columns, clusters, screen, {});
  }
  const all = wide ? withDetails(usual) : [];
  if (wide && fits(all, clusters, width, { isWhole: true })) return laidOut(all, clusters, screen, {});
  for (const layout of [...(wide ? [] : WITH_REASON), ...REASON_BELOW]) {
    const columns = usual.filter(({ heading }) => !layout.without.includes(heading));
    if (!fits(columns, clusters, width, layout)) continue;
    const isBelow = layout.without.includes('WHY');
    const below = (cluster: Cluster) =>
      !isBelow ? [] : wide ? detailLines(cluster, options.now, width) : reasonLines(cluster, width);
    return laidOut(columns, clusters, screen, { ...layout, below });
  }
  return { heading: [], rows: clusters.map((cluster) => clusterBlock(cluster, usual, screen, options)) };
}

/** Returns the usual columns. On a terminal, LAST EVENT and WHY are left out if they are empty for every cluster. */
function usualColumns(
  clusters: readonly Cluster[],
  { now, wide, labels = [] }: TableOptions,
  isTerminal: boolean,
): Column[] {
  const isSeveral = wide || new Set(clusters.map(({ management }) => management)).size > 1;
  const columns: Column[] = [
    ...(isSeveral ? [{ heading: 'MANAGEMENT', cell: ({ management }: Cluster) => management }] : []),
    { heading: 'NAMESPACE', cell: ({ namespace }) => namespace },
    { heading: 'NAME', cell: ({ name }) => name },
    { heading: 'STATE', cell: stateCell },
    { heading: 'FOR', cell: ({ since }) => ageSince(since, now) },
    {
      heading: 'SERVICES',
      narrowHeading: 'SVCS',
      cell: ({ services }) => `${services.ready}/${services.total}`,
    },
    ...labels.map((key) => ({
      heading: (key.split('/').at(-1) ?? key).toUpperCase(),
      cell: (cluster: Cluster) => (Object.hasOwn(cluster.labels, key) ? (cluster.labels[key] ?? '') : ''),
    })),
    { heading: 'AGE', cell: ({ createdAt }) => ageSince(createdAt, now) },
    {
      heading: 'LAST EVENT',
      cell: ({ lastEvent }) => lastEventText(lastEvent, now),
      narrow: ({ lastEvent }) => shortEventText(lastEvent, now),
      least: 14,
    },
    { heading: 'WHY', cell: ({ why }) => why ?? '', least: 24 },
  ];
  const saysNothing = ({ heading, cell }: Column) =>
    (heading === 'LAST EVENT' || heading === 'WHY') &&
    clusters.every((cluster) => textOf(cell(cluster)) === '');
  return isTerminal ? columns.filter((column) => !saysNothing(column)) : columns;
}

/** Adds the columns of `-o wide` to the usual ones. */
function withDetails(usual: readonly Column[]): Column[] {
  return [
    ...usual,
    { heading: 'TEMPLATE', cell: ({ template }) => template ?? '' },
    { heading: 'REGION', cell: ({ region }) => region ?? '' },
    { heading: 'UPGRADES', cell: ({ upgrades }) => upgrades.join(',') },
    { heading: 'UID', cell: ({ uid }) => uid ?? '' },
    { heading: 'READY', cell: readyText },
  ];
}

function readyText({ ready }: Cluster): string {
  return [ready.reason, ready.message].filter(Boolean).join(': ');
}

function lastEventText(event: KgitEvent | null, now: number): string {
  if (!event) return '';
  const by = event.user ? ` by ${event.user}` : '';
  return `${event.action} ${formatAge(now - eventTime(event))} ago${by}`;
}

/** Formats an event with user and age first, since the end may be cut. */
function shortEventText(event: KgitEvent | null, now: number): string {
  if (!event) return '';
  return [event.user, formatAge(now - eventTime(event)), event.action].filter(Boolean).join(' ');
}

function stateCell(cluster: Cluster): Cell {
  const flags = shownFlags(cluster);
  return {
    text: flags ? `${cluster.state} (${flags})` : cluster.state,
    colour: STATE_COLOURS[cluster.state],
  };
}

/** Returns a column in the form that a layout shows. */
function shownColumn(column: Column, isNarrow = false): Pick<Column, 'heading' | 'cell'> {
  const { heading, cell, narrowHeading = heading, narrow = cell } = column;
  return isNarrow ? { heading: narrowHeading, cell: narrow } : column;
}

function fits(
  columns: readonly Column[],
  clusters: readonly Cluster[],
  width: number,
  { isNarrow = false, isWhole = false }: Omit<Layout, 'without'>,
): boolean {
  const gap = isNarrow ? NARROW_GAP : GAP;
  const needed = columns.map((column, i) => {
    const { heading, cell } = shownColumn(column, isNarrow);
    const texts = clusters.map((cluster) => columnsOf(cellOf(cell(cluster)).text));
    const whole = texts.reduce((most, one) => Math.max(most, one), columnsOf(heading));
    const isCut = !isWhole && i === columns.length - 1 && column.least !== undefined;
    return isCut ? Math.min(whole, Math.max(column.least ?? 0, columnsOf(heading))) : whole;
  });
  return needed.reduce((sum, one) => sum + one + gap.length, -gap.length) <= width;
}

function laidOut(
  columns: readonly Column[],
  clusters: readonly Cluster[],
  { style, width }: Screen,
  { isNarrow = false, below }: { isNarrow?: boolean; below?: (cluster: Cluster) => readonly string[] },
): TableParts {
  const shown = columns.map((column) => shownColumn(column, isNarrow));
  const rows = clusters.map((cluster) => shown.map(({ cell }) => cell(cluster)));
  const headings = shown.map(({ heading }) => heading);
  const gap = isNarrow ? NARROW_GAP : GAP;
  const [heading = '', ...lines] = formatTable(headings, rows, style, width, gap);
  const belowOf = (cluster: Cluster) => (below?.(cluster) ?? []).map((line) => style('dim', line));
  return {
    heading: [heading],
    rows: clusters.map((cluster, i) => [lines[i] ?? '', ...belowOf(cluster)]),
  };
}

function reasonLines({ why }: Cluster, width: number): readonly string[] {
  return why === null ? [] : [clip(INDENT + oneLine(why), width)];
}

/** Returns the lines that `-o wide` shows, uncut, below a cluster if the columns do not fit. */
function detailLines(cluster: Cluster, now: number, width: number): readonly string[] {
  const { template, region, upgrades, uid, createdAt, state, why } = cluster;
  const facts = Object.entries({
    template,
    region,
    upgrades: upgrades.join(', '),
    uid,
    age: ageSince(createdAt, now),
  }).flatMap(([name, text]) => {
    const fact = `${name} ${oneLine(text ?? '')}`;
    return text ? { text: fact, shown: fact } : [];
  });
  const message = state === 'Ready' ? '' : readyText(cluster);
  return [
    ...packed(facts, width - INDENT.length, '', ', ').map((line) => INDENT + line),
    ...(why === null ? [] : wrapped(oneLine(why), width, INDENT)),
    ...wrapped(message, width, INDENT),
  ];
}

/** Formats a cluster as a block, for a terminal too narrow for a table. */
function clusterBlock(
  cluster: Cluster,
  usual: readonly Column[],
  { style, width }: Screen,
  { wide, now }: TableOptions,
): readonly string[] {
  const columns = usual.filter(({ heading }) => !/^(MANAGEMENT|NAMESPACE|NAME|AGE|WHY)$/.test(heading));
  const { management, namespace, name } = cluster;
  const isSeveral = usual.some(({ heading }) => heading === 'MANAGEMENT');
  const place = [...(isSeveral ? [management] : []), namespace, name].join('/');
  const cells = [place, ...columns.map(({ cell }) => cell(cluster))].map(cellOf);
  const headings = ['CLUSTER', ...columns.map(({ heading }) => heading)];
  const room = width ?? 0;
  const below = wide
    ? detailLines(cluster, now, room)
    : cluster.why === null
      ? []
      : wrapped(oneLine(cluster.why), room, INDENT);
  return [...blockOf(headings, cells, style, room), ...below.map((line) => style('dim', line))];
}
