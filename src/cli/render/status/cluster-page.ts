import { ownCause } from '../../../k0rdent/cluster/cluster-detail.js';
import type { Divergence } from '../../../k0rdent/observe/divergence.js';
import { formatYaml } from '../../../model/yaml/yaml.js';
import { oneLine, terminalText } from '../../../terminal/terminal-text.js';
import type { ClusterPicture } from './cluster-lines.js';
import { ageSince, shownFlags } from './status-columns.js';

export interface ClusterPage extends ClusterPicture {
  readonly divergence: readonly Divergence[];
  readonly footer: string;
}

/** Formats a cluster as a Markdown page. Text from clusters and events is escaped, so that it cannot become markup. */
export function clusterPage(page: ClusterPage): string[] {
  const { subject, cluster, recorded, now, footer } = page;
  const state = cluster
    ? `**${cluster.state}**${shownFlags(cluster) ? ` (${shownFlags(cluster)})` : ''}`
    : `**not live**, ${recorded === null ? 'not recorded as created or deleted' : `recorded as ${recorded}`}`;
  return [
    `# ${md(subject)}`,
    '',
    `${state}, as of ${new Date(now).toISOString().slice(0, 19)}Z; repository ${code(footer)}.`,
    '',
    ...whyLines(page),
    ...factLines(page),
    ...divergenceTable(page.divergence),
    ...conditionTable(page),
    ...serviceTable(page),
    ...relatedTable(page),
    ...configBlock(page),
    ...historyTable(page),
  ];
}

function whyLines({ cluster, detail, now }: ClusterPage): string[] {
  if (!detail) return [];
  const { contradictions, deletion } = detail;
  const cause = ownCause(detail, cluster?.state);
  const lines = [
    ...(cause
      ? [`**${cluster?.state === 'Ready' ? 'But' : 'Why'}:** ${code(cause.from)}: ${md(cause.message)}`, '']
      : []),
    ...contradictions.flatMap(({ message }) => [`**However:** ${md(message)}`, '']),
    ...(deletion
      ? [
          `**Deletion** asked for at ${md(deletion.requestedAt)} (${ageSince(deletion.requestedAt, now)} ago); finalizers: ${deletion.finalizers.map(code).join(', ') || 'none'}.`,
          '',
        ]
      : []),
  ];
  return lines;
}

function factLines({ cluster, detail }: ClusterPage): string[] {
  if (!cluster || !detail) return [];
  const facts: [string, string | null][] = [
    ['Template', cluster.template],
    ['Upgrades', detail.upgrades.join(', ') || 'none'],
    ['Services', `${cluster.services.ready} of ${cluster.services.total} ready`],
    ['Credential', detail.credential],
    ['Region', cluster.region],
    ['Kubernetes', detail.kubernetesVersion],
    ['Created', cluster.createdAt],
  ];
  return [...facts.flatMap(([name, value]) => (value === null ? [] : [`- ${name}: ${md(value)}`])), ''];
}

function divergenceTable(divergence: readonly Divergence[]): string[] {
  return section(
    'Divergence',
    ['Kind', 'Detail'],
    divergence.map(({ kind, detail }) => [kind, md(detail)]),
  );
}

function conditionTable({ detail }: ClusterPage): string[] {
  const rows = (detail?.conditions ?? []).map(({ type, status, reason, message, since, meaning }) => [
    meaning === 'fine' ? md(type) : `**${md(type)}**`,
    status,
    md(reason ?? ''),
    md(since ?? ''),
    md(message ?? ''),
  ]);
  return section('Conditions', ['Condition', 'Status', 'Reason', 'Since', 'Message'], rows);
}

function serviceTable({ detail }: ClusterPage): string[] {
  const rows = (detail?.services ?? []).map(
    ({ namespace, name, state, template, message, conflict, upgrades }) => [
      md(`${namespace}/${name}`),
      md(state),
      md(template ?? ''),
      md(upgrades.join(', ')),
      md([message, conflict && `another ServiceSet reports ${conflict}`].filter(Boolean).join('; ')),
    ],
  );
  return section('Services', ['Service', 'State', 'Template', 'Upgrades', 'Message'], rows);
}

function relatedTable({ detail }: ClusterPage): string[] {
  const rows = (detail?.related ?? []).map(({ kind, name, state, problems }) => [
    md(kind),
    md(name),
    md(state),
    md(problems.join('; ')),
  ]);
  return section('Around it', ['Kind', 'Name', 'State', 'Problems'], rows);
}

function configBlock({ detail }: ClusterPage): string[] {
  if (!detail || detail.config === null) return [];
  const text = terminalText(formatYaml(detail.config)).trimEnd();
  // A fence longer than any in the text.
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return ['## Config', '', `${fence}yaml`, ...text.split('\n'), fence, ''];
}

function historyTable({ timeLine }: ClusterPage): string[] {
  const rows = timeLine.map(({ time, source, what, who, message, count }) => [
    md(time),
    source,
    md(count > 1 ? `${what} ×${count}` : what),
    md(who),
    md(message),
  ]);
  return section('Time line', ['Time', 'Source', 'What', 'Who', 'Message'], rows);
}

function section(title: string, heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [`## ${title}`, '', line(heading), line(heading.map(() => '---')), ...rows.map(line), ''];
}

function md(text: string): string {
  return oneLine(text).replace(/[\\`*_{}[\]<>|#!&~]/g, (character) => `\\${character}`);
}

function code(text: string): string {
  return `\`${oneLine(text).replace(/`/g, "'")}\``;
}
