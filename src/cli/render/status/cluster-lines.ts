import type { TimeLineEntry } from '../../../app/observe/time-line.js';
import { type ClusterDetail, ownCause } from '../../../k0rdent/cluster/cluster-detail.js';
import type { ExplainedCondition, Meaning } from '../../../k0rdent/cluster/explanation.js';
import type { RelatedObject } from '../../../k0rdent/cluster/related.js';
import type { JoinedCluster } from '../../../k0rdent/observe/status-report.js';
import type { KgitEvent, Lifecycle } from '../../../model/event/event.js';
import { formatYaml } from '../../../model/yaml/yaml.js';
import type { Screen } from '../../../terminal/output.js';
import type { Colour } from '../../../terminal/style.js';
import { formatTable } from '../../../terminal/table.js';
import { oneLine } from '../../../terminal/terminal-text.js';
import { wrapped } from '../../../terminal/wrap.js';
import { ageSince, STATE_COLOURS, shownFlags } from './status-columns.js';
import { timeLineLines } from './time-line.js';

export interface ClusterPicture {
  readonly subject: string;
  /** Null if the cluster is not live. */
  readonly cluster: JoinedCluster<KgitEvent> | null;
  readonly detail: ClusterDetail | null;
  readonly recorded: Lifecycle | null;
  readonly timeLine: readonly TimeLineEntry[];
  /** ms since the epoch */
  readonly now: number;
}

const MARKS: Readonly<Record<Meaning, readonly [string, Colour]>> = {
  problem: ['✗', 'red'],
  waiting: ['…', 'yellow'],
  warning: ['!', 'yellow'],
  fine: ['✓', 'green'],
};

const NO_MATTER: readonly [string, Colour] = ['·', 'dim'];

/**
 * Formats one cluster: its state and the explanation first, then conditions, services, related objects, and the time
 * line.
 */
export function clusterLines(
  { subject, cluster, detail, timeLine, recorded, now }: ClusterPicture,
  screen: Screen,
  wide: boolean,
  { withConfig = wide } = {},
): string[] {
  const { style } = screen;
  const history = timeLine.length > 0 ? [style('dim', 'TIME LINE'), ...timeLineLines(timeLine, screen)] : [];
  if (cluster === null || detail === null) {
    const said = recorded === null ? 'not recorded as created or deleted' : `recorded as ${recorded}`;
    return [`${style('bold', oneLine(subject))}  ${style('yellow', 'not live')}, ${said}`, '', ...history];
  }
  const blocks = [
    headLines(cluster, detail, now, screen),
    conditionLines(detail.conditions, now, screen, wide),
    serviceLines(detail, now, screen),
    relatedLines(detail, screen),
    ...(withConfig ? [configLines(detail, screen)] : []),
    [...history, ...(detail.events === null ? [style('yellow', '! Kubernetes events: denied')] : [])],
  ];
  return blocks.filter((lines) => lines.length > 0).flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

function configLines({ config }: ClusterDetail, { style }: Screen): string[] {
  if (config === null) return [];
  return [
    style('dim', 'CONFIG'),
    ...formatYaml(config)
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
  ];
}

function headLines(
  cluster: JoinedCluster<KgitEvent>,
  detail: ClusterDetail,
  now: number,
  { style, width }: Screen,
): string[] {
  const { management, namespace, name, state, services } = cluster;
  const flags = shownFlags(cluster);
  const field = (label: string, text: string, colour?: Colour) => {
    const [first = '', ...rest] = wrapped(text, width, ' '.repeat(13));
    const paint = (line: string) => (colour ? style(colour, line) : line);
    return [`  ${style('dim', label.padEnd(10))} ${paint(first.slice(13))}`, ...rest.map(paint)];
  };
  const age = ageSince(cluster.createdAt, now);
  const facts = [
    `services ${services.ready}/${services.total}`,
    ...(age ? [`age ${age}`] : []),
    ...(detail.credential ? [`credential ${detail.credential}`] : []),
    ...(cluster.region ? [`region ${cluster.region}`] : []),
    ...(detail.kubernetesVersion ? [`Kubernetes ${detail.kubernetesVersion}`] : []),
  ];
  const { contradictions, deletion } = detail;
  const isFine = state === 'Ready';
  const cause = ownCause(detail, state);
  const upgrades = detail.upgrades.length > 0 ? detail.upgrades.join(', ') : 'none';
  return [
    `${style('bold', `${namespace}/${name}`)}  ${style(STATE_COLOURS[state], state)}${flags ? ` (${flags})` : ''}  ${style('dim', `management ${management}`)}`,
    ...(cause
      ? field(
          isFine ? 'but' : 'because',
          `${cause.from}: ${cause.message}`,
          isFine ? 'red' : STATE_COLOURS[state],
        )
      : []),
    ...contradictions.flatMap(({ message }) => field('however', message, 'yellow')),
    ...(deletion
      ? field(
          'deletion',
          `asked for ${ageSince(deletion.requestedAt, now)} ago${deletion.since ? `, here for ${ageSince(deletion.since, now)}` : ''}; finalizers: ${deletion.finalizers.join(', ') || 'none'}`,
        )
      : []),
    ...(cluster.flags.includes('stale') && state !== 'New'
      ? field('stale', 'k0rdent has not seen the latest spec: all below is of an older one', 'yellow')
      : []),
    ...field('template', `${cluster.template ?? 'none'}; upgrades: ${upgrades}`),
    ...field('facts', facts.join(' · ')),
  ];
}

function conditionLines(
  conditions: readonly ExplainedCondition[],
  now: number,
  { style, width }: Screen,
  wide: boolean,
): string[] {
  if (conditions.length === 0) return [];
  const rows = conditions.map(({ type, status, reason, meaning, since }) => {
    // A check mark beside a False would look wrong, although False is the desired status.
    const [mark, colour] = meaning === 'fine' && status !== 'True' ? NO_MATTER : MARKS[meaning];
    return [{ text: `${mark} ${type}`, colour }, status, ageSince(since, now), reason ?? ''];
  });
  const columns = ['CONDITION', 'STATUS', 'SINCE', 'REASON'];
  const [heading = '', ...lines] = formatTable(columns, rows, style, width, gapOf(width));
  const texts = conditions.map(({ message, meaning, type }) =>
    // Ready repeats the others' messages.
    message !== null && (wide || (meaning !== 'fine' && type !== 'Ready'))
      ? wrapped(message, width, '    ')
      : [],
  );
  return [heading, ...lines.flatMap((line, i) => [line, ...(texts[i] ?? [])])];
}

const SERVICE_COLOURS: Readonly<Record<string, Colour>> = { Deployed: 'green', Failed: 'red' };

function serviceLines({ services }: ClusterDetail, now: number, { style, width }: Screen): string[] {
  if (services.length === 0) return [];
  const rows = services.map((service) => [
    `${service.namespace}/${service.name}`,
    { text: service.state, colour: SERVICE_COLOURS[service.state] ?? ('yellow' as const) },
    ageSince(service.since, now),
    service.template ?? '',
  ]);
  const heading = ['SERVICE', 'STATE', 'SINCE', 'TEMPLATE'];
  const [head = '', ...lines] = formatTable(heading, rows, style, width, gapOf(width));
  return [
    head,
    ...lines.flatMap((line, i) => {
      const { message = null, conflict = null, upgrades = [] } = services[i] ?? {};
      return [
        line,
        ...(message === null ? [] : wrapped(message, width, '    ')),
        ...(conflict === null ? [] : wrapped(`another ServiceSet reports ${conflict}`, width, '    ')),
        ...(upgrades.length === 0 ? [] : wrapped(`upgrades: ${upgrades.join(', ')}`, width, '    ')),
      ];
    }),
  ];
}

function relatedLines({ related }: ClusterDetail, { style, width }: Screen): string[] {
  if (related === null) return [];
  const shown = folded(related);
  const rows = shown.map(({ kind, name, state, problems }) => [
    kind,
    name,
    {
      text: state,
      colour: BAD.test(state) ? ('red' as const) : problems.length > 0 ? ('yellow' as const) : undefined,
    },
  ]);
  const columns = ['AROUND IT', 'NAME', 'STATE'];
  const [head = '', ...lines] = formatTable(columns, rows, style, width, gapOf(width));
  return [
    head,
    ...lines.flatMap((line, i) => [
      line,
      ...(shown[i]?.problems ?? []).flatMap((problem) => wrapped(problem, width, '    ')),
    ]),
  ];
}

const BAD = /^(not|denied|failed)\b/i;
/** More similar healthy objects of a kind than this are folded into one row. */
const FEW = 3;

function folded(related: readonly RelatedObject[]): readonly RelatedObject[] {
  const alike = ({ kind, state, problems }: RelatedObject) =>
    problems.length > 0
      ? []
      : related.filter((other) => isWell(other) && other.kind === kind && other.state === state);
  const isWell = ({ problems }: RelatedObject) => problems.length === 0;
  return related.flatMap((object) => {
    const same = alike(object);
    if (same.length <= FEW) return [object];
    return same[0] === object ? [{ ...object, name: `${same.length} of them` }] : [];
  });
}

/** Returns a narrower gap between columns for a terminal of the usual width. */
function gapOf(width: number | null): string | undefined {
  return width !== null && width < NARROW ? '  ' : undefined;
}
const NARROW = 100;
