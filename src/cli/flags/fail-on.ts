import { UsageError } from '../../errors.js';
import { CLUSTER_FLAGS, CLUSTER_STATES, FAILED_STATES } from '../../k0rdent/cluster/cluster-state.js';
import { FINDING_KINDS } from '../../k0rdent/health/cluster-findings.js';
import { healthProblems, healthViews } from '../../k0rdent/health/health-problems.js';
import { DIVERGENCE_KINDS } from '../../k0rdent/observe/divergence.js';
import type { StatusReport } from '../../k0rdent/observe/status-report.js';

const GROUPS = ['failed', 'not-ready', 'divergence', 'denied'];

/** Words about the health of k0rdent itself and of objects besides the clusters, which must be read for them. */
const BESIDE = ['k0rdent', 'not-seen', ...FINDING_KINDS] as const;

/** Whether one of the words needs the health besides the clusters to be read. */
export function needsHealth(words: readonly string[]): boolean {
  return words.some((word) => BESIDE.some((beside) => beside === word));
}

/** Words that `--fail-on` accepts: states, flags, kinds of divergence, and groups. */
export const FAIL_ON_WORDS: readonly string[] = [
  ...GROUPS,
  ...BESIDE,
  ...DIVERGENCE_KINDS,
  ...CLUSTER_FLAGS,
  ...CLUSTER_STATES,
];

/** Parses the words of `--fail-on a,b --fail-on c`. Throws UsageError for an unknown word. */
export function parseFailOn(texts: readonly string[]): string[] {
  const words = texts.flatMap((text) => text.split(',')).map((word) => word.trim());
  const known = words.map((word) =>
    FAIL_ON_WORDS.find((candidate) => candidate.toLowerCase() === word.toLowerCase()),
  );
  const bad = known.indexOf(undefined);
  if (bad < 0) return known as string[];
  throw new UsageError(`--fail-on ${JSON.stringify(words[bad]?.slice(0, 40))} is not a known word`, {
    suggestions: [`Use: ${FAIL_ON_WORDS.join(', ')}`],
  });
}

/** Returns the words that match a report. */
export function failing(
  words: readonly string[],
  report: Pick<StatusReport<unknown>, 'clusters' | 'divergence' | 'contexts'>,
): string[] {
  const { clusters, divergence, contexts } = report;
  return words.filter((word) => {
    if (word === 'failed') return clusters.some(({ state }) => FAILED_STATES.includes(state));
    if (word === 'not-ready') return clusters.some(({ state }) => state !== 'Ready');
    if (word === 'divergence') return divergence.length > 0;
    if (word === 'denied') return contexts.some(({ namespaces }) => namespaces.denied.length > 0);
    if (word === 'k0rdent')
      return healthViews(contexts).some(({ k0rdent }) => healthProblems(k0rdent).length > 0);
    // A kind that the server does not serve does not exist: an older k0rdent is missing nothing.
    if (word === 'not-seen')
      return healthViews(contexts).some(({ k0rdent }) =>
        k0rdent.notSeen.some(({ cause }) => cause !== 'not-found'),
      );
    return (
      clusters.some(({ findings }) => findings?.some(({ kind }) => kind === word)) ||
      clusters.some(({ state, flags }) => state === word || (flags as readonly string[]).includes(word)) ||
      divergence.some(({ kind }) => kind === word)
    );
  });
}
