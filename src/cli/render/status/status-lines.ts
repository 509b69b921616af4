import type { ErrorJson } from '../../../errors.js';
import type { Divergence } from '../../../k0rdent/observe/divergence.js';
import type { ContextObservation } from '../../../k0rdent/observe/observation.js';
import type { JoinedCluster } from '../../../k0rdent/observe/status-report.js';
import type { KgitEvent } from '../../../model/event/event.js';
import { columnsOf } from '../../../terminal/columns.js';
import type { Screen } from '../../../terminal/output.js';
import { formatTable, textOf } from '../../../terminal/table.js';
import { oneLine } from '../../../terminal/terminal-text.js';
import { wrapped } from '../../../terminal/wrap.js';
import { clusterTable } from './cluster-table.js';
import { healthLines, healthWord } from './health-lines.js';
import { countsLines } from './state-words.js';

export interface StatusPicture {
  readonly contexts: readonly ContextObservation[];
  readonly clusters: readonly JoinedCluster<KgitEvent>[];
  readonly divergence: readonly Divergence[];
  /** ms since the epoch */
  readonly now: number;
  /** Whether the user named a namespace and so does not expect the others. */
  readonly isNarrowed?: boolean;
  /** Label keys that get a column each. */
  readonly labels?: readonly string[];
  /** The number of all clusters if some are left out. */
  readonly total?: number;
  /** The last line, which describes the repository. */
  readonly footer: string;
}

/** Formats what could not be queried or seen. */
export function contextLines(picture: StatusPicture, screen: Screen): string[] {
  const { style } = screen;
  return picture.contexts.flatMap(({ context, error, namespaces, match }) => {
    if (error) return errorLines(error, context, screen);
    const lines: string[] = [];
    if (namespaces.denied.length > 0 || (namespaces.seen !== '*' && !picture.isNarrowed)) {
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

/** Formats why a context could not be queried, and what to do. The message names the context if the user named one. */
function errorLines(
  { message, suggestions }: ErrorJson,
  context: string,
  { style, width }: Screen,
): string[] {
  const named = message.startsWith('context ') ? message : `context ${JSON.stringify(context)}: ${message}`;
  const [first = '', ...rest] = wrapped(oneLine(named), width, '  ');
  const advice = suggestions.flatMap((text) => wrapped(`→ ${oneLine(text)}`, width, '  '));
  return [`${style('red', '✗')} ${first.trim()}`, ...rest, ...advice.map((line) => style('dim', line))];
}

/** More entries of one kind than this are folded into one line, except with -o wide. */
const MANY = 8;

function folded(divergence: readonly Divergence[], wide: boolean): readonly Divergence[] {
  const kinds = new Set(divergence.map(({ kind }) => kind));
  return [...kinds].flatMap((kind) => {
    const same = divergence.filter((one) => one.kind === kind);
    const [first] = same;
    if (wide || !first || same.length <= MANY) return same;
    const advice = kind === 'untracked' ? "; 'kgit backfill' records what k0rdent knows of them" : '';
    const detail = `${same.length} clusters, such as ${first.namespace}/${first.name}: ${first.detail}; -o wide lists all${advice}`;
    return [{ ...first, namespace: null, name: null, detail }];
  });
}

/** Formats the divergence after a blank line; empty if there is none. */
export function divergenceLines(picture: StatusPicture, screen: Screen, wide: boolean): string[] {
  const divergence = folded(picture.divergence, wide);
  if (divergence.length === 0) return [];
  const { style, width } = screen;
  const isSeveral = new Set(picture.divergence.map(({ management }) => management)).size > 1;
  const places = divergence.map(({ kind, management, namespace, name }) => [
    { text: kind, colour: 'yellow' as const },
    namespace === null ? management : [...(isSeveral ? [management] : []), namespace, name].join('/'),
  ]);
  const details = divergence.map(({ detail }) => oneLine(detail));
  const rows = places.map((place, i) => [...place, details[i] ?? '']);
  const longest = [0, 1, 2].map((i) => Math.max(...rows.map((row) => columnsOf(textOf(row[i] ?? '')))));
  if (width === null || longest.reduce((sum, columns) => sum + columns + 3, 0) <= width)
    return ['', ...formatTable(['DIVERGENCE', 'CLUSTER', 'DETAIL'], rows, style, width)];
  // A cut detail would say nothing, so one that does not fit gets its own lines.
  const room = width - (longest[0] ?? 0) - (longest[1] ?? 0) - 6;
  const fits = (detail: string) => columnsOf(detail) <= room;
  const beside = places.map((place, i) => [...place, fits(details[i] ?? '') ? (details[i] ?? '') : '']);
  const columns = ['DIVERGENCE', 'CLUSTER', details.some(fits) ? 'DETAIL' : ''];
  const [heading = '', ...lines] = formatTable(columns, beside, style, null);
  const below = (detail: string) => (fits(detail) ? [] : wrapped(detail, width, '    '));
  return ['', heading, ...lines.flatMap((line, i) => [line, ...below(details[i] ?? '')])];
}

/** Formats the table of clusters, what was not seen, the divergence, and where the history comes from. */
export function statusLines(picture: StatusPicture, screen: Screen, wide: boolean): string[] {
  const { clusters, footer } = picture;
  const { style } = screen;
  return [
    ...(clusters.length > 0
      ? clusterTable(clusters, screen, { now: picture.now, wide, labels: picture.labels })
      : [style('dim', picture.total ? `none of ${picture.total} clusters` : 'no clusters')]),
    ...divergenceLines(picture, screen, wide),
    ...contextLines(picture, screen),
    ...healthLines(picture, screen, wide),
    '',
    ...(clusters.length > 0 ? countsLines(clusters, screen, picture.total) : []),
    style('dim', [footer, healthWord(picture)].filter(Boolean).join(', ')),
  ];
}
