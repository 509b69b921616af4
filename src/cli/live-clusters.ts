import { openKubectl } from '../k0rdent/kubectl.js';
import type { Observation } from '../k0rdent/observation.js';
import { observe } from '../k0rdent/observe.js';
import { type ClusterSubject, formatSubject, type Subject } from '../model/subject.js';
import { endOfProcess } from './end-signals.js';

/** What k0rdent is asked with. */
export interface LiveQuestion {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly now: () => number;
  /** The management clusters that kgit.yaml lists, each with its identity where one is known. */
  readonly managements: ReadonlyMap<string, string | null>;
  /** Namespaces to ask one by one where not all may be listed. */
  readonly namespaces: readonly string[];
}

/** Asks the current context for all its clusters. Throws ClusterError. */
export function observeAll(question: LiveQuestion): Promise<Observation> {
  const known = [...question.managements].map(([name, identity]) => ({ name, identity }));
  return observe({
    kubectl: openKubectl({
      environment: question.environment,
      kubeconfig: undefined,
      timeoutMs: question.timeoutMs,
      requestTimeoutMs: question.timeoutMs,
      signal: AbortSignal.any([AbortSignal.timeout(question.timeoutMs), endOfProcess()]),
    }),
    managements: known.length > 0 ? known : [{ name: 'default', identity: null }],
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

/** What of the subjects of an import k0rdent knows. */
export function liveReport(subjects: readonly (Subject | null)[], { contexts, clusters }: Observation) {
  const live = new Set(clusters.map((cluster) => formatSubject({ kind: 'cluster', ...place(cluster) })));
  const wanted = subjects.flatMap((subject) => (subject?.kind === 'cluster' ? [formatSubject(subject)] : []));
  const names = [...new Set(wanted)].sort();
  return {
    contexts: contexts.map(({ context }) => context),
    found: names.filter((name) => live.has(name)),
    notFound: names.filter((name) => !live.has(name)),
    denied: [...new Set(contexts.flatMap(({ namespaces }) => namespaces.denied))].sort(),
  };
}

function place({ management, namespace, name }: Pick<ClusterSubject, 'management' | 'namespace' | 'name'>) {
  return { management, namespace, name };
}
