import { ClusterError } from '../errors.js';
import { openKubectl } from '../k0rdent/kubectl.js';
import { recordedManagements } from '../k0rdent/management.js';
import type { Observation } from '../k0rdent/observation.js';
import { observe } from '../k0rdent/observe.js';
import type { Identities } from '../model/management-identity.js';
import { type ClusterSubject, formatSubject, type Subject } from '../model/subject.js';
import { endOfProcess } from './end-signals.js';

/** What k0rdent is asked with. */
export interface LiveQuestion {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly now: () => number;
  /** The management clusters that kgit.yaml lists, each with all that it is known by. */
  readonly managements: ReadonlyMap<string, Identities>;
  /** Namespaces to ask one by one where not all may be listed. */
  readonly namespaces: readonly string[];
}

/** Asks the current context for all its clusters. Throws ClusterError. */
export function observeAll(question: LiveQuestion): Promise<Observation> {
  return observe({
    kubectl: openKubectl({
      environment: question.environment,
      kubeconfig: undefined,
      timeoutMs: question.timeoutMs,
      requestTimeoutMs: question.timeoutMs,
      signal: AbortSignal.any([AbortSignal.timeout(question.timeoutMs), endOfProcess()]),
    }),
    managements: recordedManagements(question.managements),
    namespace: undefined,
    selector: undefined,
    namespaces: [...new Set(question.namespaces)],
    now: () => new Date(question.now()),
  });
}

/** The namespace of each cluster of a management cluster whose name stands in one namespace alone. */
export function namespacesByName(
  clusters: readonly Pick<ClusterSubject, 'management' | 'namespace' | 'name'>[],
  management: string,
): Map<string, string> {
  const found = new Map<string, string | null>();
  for (const cluster of clusters) {
    if (cluster.management !== management) continue;
    const other = found.get(cluster.name);
    const isOne = other === undefined || other === cluster.namespace;
    found.set(cluster.name, isOne ? cluster.namespace : null);
  }
  return new Map([...found].filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Throws ClusterError where none of the contexts that answered is this management cluster: it says nothing of its clusters. */
export function requireManagement({ contexts }: Observation, management: string): void {
  const asked = contexts.filter(({ error }) => error === null);
  if (asked.some((context) => context.management === management)) return;
  const names = asked.map(({ context, management: name }) => `context ${context} is ${String(name)}`);
  throw new ClusterError(`management cluster ${management} was not asked: ${names.join(', ')}`, {
    suggestions: ['Choose its context with kubectl config use-context NAME', 'Import without --live'],
  });
}

/** What of the subjects of an import k0rdent knows. */
export function liveReport(subjects: readonly (Subject | null)[], { contexts, clusters }: Observation) {
  const live = new Set(clusters.map((cluster) => formatSubject({ kind: 'cluster', ...place(cluster) })));
  const wanted = subjects.flatMap((subject) => (subject?.kind === 'cluster' ? [formatSubject(subject)] : []));
  const names = [...new Set(wanted)].sort();
  const seen = contexts.map(({ namespaces }) => namespaces.seen);
  return {
    contexts: contexts.map(({ context }) => context),
    found: names.filter((name) => live.has(name)),
    notFound: names.filter((name) => !live.has(name)),
    /** The namespaces that could be looked into; null where it was all of them. */
    seen: seen.includes('*') ? null : [...new Set(seen.flatMap((some) => [...some]))].sort(),
    denied: [...new Set(contexts.flatMap(({ namespaces }) => namespaces.denied))].sort(),
  };
}

/** What people are told of a cluster that was not found: it may be where they may not look. */
export function notFoundText(name: string, { seen }: ReturnType<typeof liveReport>): string {
  return seen === null
    ? `${name}: found nowhere in k0rdent`
    : `${name}: not found in the namespaces that you may read (${seen.join(', ')})`;
}

function place({ management, namespace, name }: Pick<ClusterSubject, 'management' | 'namespace' | 'name'>) {
  return { management, namespace, name };
}
