import type { JoinedCluster } from '../k0rdent/status-report.js';
import { eventTime, type KgitEvent } from '../model/event.js';
import type { Screen } from './output.js';
import { ageSince, STATE_COLOURS, shownFlags } from './status-columns.js';
import { type Cell, columnsOf, formatTable, GAP, NARROW_GAP, textOf } from './table.js';
import { formatAge } from './time.js';

type Clusters = readonly JoinedCluster<KgitEvent>[];

function lastEventText(event: KgitEvent | null, now: number): string {
  if (!event) return '';
  const by = event.user ? ` by ${event.user}` : '';
  return `${event.action} ${formatAge(now - eventTime(event))} ago${by}`;
}

/** Who and when first, for what is last may be cut. */
function shortEventText(event: KgitEvent | null, now: number): string {
  if (!event) return '';
  return [event.user, formatAge(now - eventTime(event)), event.action].filter(Boolean).join(' ');
}

/** A column of the table of clusters: its heading, and the cell of a cluster. */
interface Column {
  readonly heading: string;
  readonly cell: (cluster: JoinedCluster<KgitEvent>) => string | Cell;
  /** The same in fewer words. */
  readonly narrow?: (cluster: JoinedCluster<KgitEvent>) => string;
}

function allColumns(now: number, wide: boolean): Column[] {
  const wideOnly: Column[] = [
    { heading: 'REGION', cell: ({ region }) => region ?? '' },
    {
      heading: 'READY',
      cell: ({ ready }) => [ready.reason, ready.message].filter(Boolean).join(': '),
      narrow: ({ ready }) => ready.reason ?? '',
    },
  ];
  return [
    { heading: 'MANAGEMENT', cell: ({ management }) => management },
    { heading: 'NAMESPACE', cell: ({ namespace }) => namespace },
    { heading: 'NAME', cell: ({ name }) => name },
    { heading: 'STATE', cell: stateCell },
    { heading: 'SERVICES', cell: ({ services }) => `${services.ready}/${services.total}` },
    { heading: 'TEMPLATE', cell: ({ template }) => template ?? '' },
    { heading: 'AGE', cell: ({ createdAt }) => ageSince(createdAt, now) },
    ...(wide ? wideOnly.slice(0, 1) : []),
    {
      heading: 'LAST EVENT',
      cell: ({ lastEvent }) => lastEventText(lastEvent, now),
      narrow: ({ lastEvent }) => shortEventText(lastEvent, now),
    },
    ...(wide ? wideOnly.slice(1) : []),
  ];
}

function stateCell(cluster: JoinedCluster<KgitEvent>): Cell {
  const flags = shownFlags(cluster);
  return {
    text: flags ? `${cluster.state} (${flags})` : cluster.state,
    colour: STATE_COLOURS[cluster.state],
  };
}

/** What a narrow terminal does without, the most dispensable first. */
const DISPENSABLE = ['TEMPLATE', 'AGE'];
/** What the last column needs to say anything, in columns of the terminal. */
const LAST_COLUMN = 14;
/** What a message of Ready needs to say more than its reason does. */
const READY_COLUMN = 40;

/**
 * The table of clusters, without columns that a narrow terminal has no room for. -o wide and scripts get all, but the
 * message of Ready where it would be cut to nothing.
 */
export function clusterTable(
  clusters: Clusters,
  now: number,
  { style, width }: Screen,
  wide: boolean,
): string[] {
  const isSeveral = wide || new Set(clusters.map(({ management }) => management)).size > 1;
  let columns = allColumns(now, wide).filter(({ heading }) => heading !== 'MANAGEMENT' || isSeveral);
  const last = wide ? READY_COLUMN : LAST_COLUMN;
  const needs = () =>
    columns.slice(0, -1).reduce((sum, column) => sum + widthOf(column, clusters) + NARROW_GAP.length, last);
  const isNarrow = width !== null && needs() + columns.length > width;
  for (const heading of isNarrow && !wide ? DISPENSABLE : [])
    if (needs() > (width ?? 0)) columns = columns.filter((column) => column.heading !== heading);
  const whole = columns.reduce((sum, column) => sum + widthOf(column, clusters) + GAP.length, -GAP.length);
  const isCut = isNarrow || (width !== null && whole > width);
  const rows = clusters.map((cluster) =>
    columns.map(({ cell, narrow }) => ((isCut && narrow) || cell)(cluster)),
  );
  const headings = columns.map(({ heading }) => heading);
  return formatTable(
    headings,
    rows,
    style,
    wide && isNarrow ? null : width,
    isNarrow ? NARROW_GAP : undefined,
  );
}

function widthOf({ heading, cell }: Column, clusters: Clusters): number {
  const texts = clusters.map((cluster) => cell(cluster));
  return Math.max(...[heading, ...texts].map((one) => columnsOf(textOf(one))));
}
