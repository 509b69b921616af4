import { ClusterError } from '../../errors.js';
import { openKubectl } from '../../k0rdent/kubectl/kubectl.js';
import { recordedManagements } from '../../k0rdent/management/management.js';
import type { Observation } from '../../k0rdent/observe/observation.js';
import { observe } from '../../k0rdent/observe/observe.js';
import type { Identities } from '../../model/subject/management-identity.js';
import { type ClusterSubject, formatSubject, type Subject } from '../../model/subject/subject.js';
import { endOfProcess } from '../../process/end-signals.js';

/** Parameters of a query to k0rdent. */
export interface LiveQuestion {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly now: () => number;
  /** The management clusters that kgit.yaml lists, each with all its identities. */
  readonly managements: ReadonlyMap<string, Identities>;
  /** Namespaces to query one by one if the cluster-wide list is denied. */
  readonly namespaces: readonly string[];
}

/** Lists all clusters of the current context. Throws ClusterError. */
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

type Place = Pick<ClusterSubject, 'management' | 'namespace' | 'name'>;

/**
 * Maps each cluster name of a management cluster to its namespace. A name in several namespaces is included only if one
 * of them is `chosen`.
 */
export function namespacesByName(
  clusters: readonly Place[],
  management: string,
  chosen?: string,
): Map<string, string> {
  return new Map(
    [...allNamespaces(clusters, management)].flatMap(([name, namespaces]) => {
      const [only, ...others] = namespaces;
      const one = others.length === 0 ? only : namespaces.find((namespace) => namespace === chosen);
      return one === undefined ? [] : [[name, one] as const];
    }),
  );
}

/** Maps each cluster name of a management cluster to its namespaces, sorted. */
function allNamespaces(clusters: readonly Place[], management: string): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const cluster of clusters) {
    if (cluster.management !== management) continue;
    found.set(cluster.name, (found.get(cluster.name) ?? new Set()).add(cluster.namespace));
  }
  return new Map([...found].map(([name, namespaces]) => [name, [...namespaces].sort()]));
}

/**
 * Throws ClusterError if no context that answered belongs to this management cluster: the observation then says nothing
 * about its clusters.
 */
export function requireManagement({ contexts }: Observation, management: string): void {
  const asked = contexts.filter(({ error }) => error === null);
  if (asked.some((context) => context.management === management)) return;
  const names = asked.map(({ context, management: name }) => `context ${context} is ${String(name)}`);
  throw new ClusterError(`management cluster ${management} was not asked: ${names.join(', ')}`, {
    suggestions: ['Choose its context with kubectl config use-context NAME', 'Import without --live'],
  });
}

/** Reports which subjects of an import exist in k0rdent. */
export function liveReport(subjects: readonly (Subject | null)[], { contexts, clusters }: Observation) {
  const live = new Set(clusters.map((cluster) => formatSubject({ kind: 'cluster', ...place(cluster) })));
  const wanted = subjects.flatMap((subject) => (subject?.kind === 'cluster' ? [formatSubject(subject)] : []));
  const names = [...new Set(wanted)].sort();
  const ofClusters = subjects.filter((subject) => subject?.kind === 'cluster');
  const ambiguous = new Map(
    ofClusters.flatMap((subject) => {
      const namespaces = allNamespaces(clusters, subject.management).get(subject.name) ?? [];
      return namespaces.length < 2 ? [] : [[formatSubject(subject), namespaces] as const];
    }),
  );
  const seen = contexts.map(({ namespaces }) => namespaces.seen);
  return {
    contexts: contexts.map(({ context }) => context),
    found: names.filter((name) => live.has(name)),
    notFound: names.filter((name) => !live.has(name)),
    /** Clusters whose name exists in several namespaces, so the name does not identify one. */
    ambiguous: [...ambiguous].map(([subject, namespaces]) => ({ subject, namespaces })),
    /** The namespaces that could be read; null if all could. */
    seen: seen.includes('*') ? null : [...new Set(seen.flatMap((some) => [...some]))].sort(),
    denied: [...new Set(contexts.flatMap(({ namespaces }) => namespaces.denied))].sort(),
  };
}

type LiveReport = ReturnType<typeof liveReport>;

/** Messages about clusters that were not found; they may be in namespaces that the user may not read. */
export function notFoundTexts({ notFound, ambiguous, seen }: LiveReport): string[] {
  return notFound
    .filter((name) => !ambiguous.some(({ subject }) => subject === name))
    .map((name) =>
      seen === null
        ? `${name}: found nowhere in k0rdent`
        : `${name}: not found in the namespaces that you may read (${seen.join(', ')})`,
    );
}

/** Messages about clusters whose name exists in several namespaces. */
export function ambiguousTexts({ ambiguous }: LiveReport): string[] {
  return ambiguous.map(({ subject, namespaces }) => {
    const name = subject.split('/').at(-1);
    return `${name} lives in ${namespaces.length} namespaces (${namespaces.join(', ')}): the files become history of ${subject}; --namespace NS chooses another one`;
  });
}

function place({ management, namespace, name }: Place) {
  return { management, namespace, name };
}
