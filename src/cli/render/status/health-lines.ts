import type { NotSeenKind } from '../../../k0rdent/health/fleet-health.js';
import { healthProblems, healthViews } from '../../../k0rdent/health/health-problems.js';
import type { ContextObservation, ObservedCluster } from '../../../k0rdent/observe/observation.js';
import type { Screen } from '../../../terminal/output.js';
import { oneLine } from '../../../terminal/terminal-text.js';
import { wrapped } from '../../../terminal/wrap.js';

/** The parts of an observation from which its health is shown. */
export interface HealthPicture {
  readonly contexts: readonly ContextObservation[];
  readonly clusters: readonly ObservedCluster[];
}

interface Line {
  readonly kind: string;
  readonly text: string;
}

/** More findings of one kind than this are folded into one line, except with -o wide. */
const MANY = 5;

/**
 * Formats problems of k0rdent itself and of objects besides the clusters; empty if everything was seen and is healthy.
 */
export function healthLines(picture: HealthPicture, screen: Screen, wide: boolean): string[] {
  const { style, width } = screen;
  const bad = folded([...ofK0rdent(picture), ...ofClusters(picture)], wide).map(({ text }) => text);
  const shown = bad.flatMap((text) => {
    const [first = '', ...rest] = wrapped(oneLine(text), width, '  ');
    return [`${style('yellow', '!')} ${first.trim()}`, ...rest];
  });
  const notSeen = views(picture).flatMap(({ k0rdent, at }) =>
    k0rdent.notSeen.length === 0
      ? []
      : wrapped(`not seen${at}: ${notSeenWords(k0rdent.notSeen)}`, width, '  ').map((line, i) =>
          style('dim', i === 0 ? line.trim() : line),
        ),
  );
  return [...shown, ...notSeen];
}

/** Returns k0rdent's health for the footer: `k0rdent kcm-1-11-0 ready`; empty if it is not known to be ready. */
export function healthWord(picture: HealthPicture): string {
  return views(picture)
    .flatMap(({ k0rdent, at }) =>
      k0rdent.ready ? [`k0rdent${k0rdent.release === null ? '' : ` ${k0rdent.release}`} ready${at}`] : [],
    )
    .map(oneLine)
    .join(', ');
}

/** `at` names the management cluster if there are several. */
function views({ contexts }: HealthPicture) {
  const seen = healthViews(contexts);
  return seen.map(({ place, k0rdent }) => ({ k0rdent, at: seen.length > 1 ? ` on ${place}` : '' }));
}

function ofK0rdent(picture: HealthPicture): Line[] {
  return views(picture).flatMap(({ k0rdent, at }) =>
    healthProblems(k0rdent).map(({ kind, subject, says }) => ({ kind, text: `${subject}${at} ${says}` })),
  );
}

function ofClusters({ contexts, clusters }: HealthPicture): Line[] {
  const isSeveral = new Set(contexts.flatMap(({ management }) => management ?? [])).size > 1;
  return clusters.flatMap(({ management, namespace, name, findings }) => {
    const place = [...(isSeveral ? [management] : []), namespace, name].join('/');
    return (findings ?? []).map(({ kind, from, message }) =>
      kind === 'unreachable'
        ? { kind, text: `adopted cluster ${place} cannot be reached: ${message}` }
        : { kind: from, text: `${from} covers ${place}: ${message}` },
    );
  });
}

function folded(lines: readonly Line[], wide: boolean): readonly Line[] {
  const kinds = [...new Set(lines.map(({ kind }) => kind))];
  return kinds.flatMap((kind) => {
    const same = lines.filter((line) => line.kind === kind);
    if (wide || same.length <= MANY) return same;
    const rest = same.length - MANY + 1;
    return [...same.slice(0, MANY - 1), { kind, text: `… and ${rest} more like it; -o wide lists all` }];
  });
}

function notSeenWords(notSeen: readonly NotSeenKind[]): string {
  const words = (cause: NotSeenKind['cause']) =>
    cause === 'forbidden' ? 'denied' : cause === 'not-found' ? 'not served' : `failed, ${cause}`;
  const causes = [...new Set(notSeen.map(({ cause }) => cause))];
  return causes
    .map((cause) => {
      const kinds = notSeen.filter((one) => one.cause === cause).map(({ kind }) => kind);
      return `${kinds.join(', ')} (${words(cause)})`;
    })
    .join('; ');
}
