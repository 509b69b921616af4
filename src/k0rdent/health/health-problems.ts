import type { ContextObservation } from '../observe/observation.js';
import type { HealthKind, K0rdentHealth } from './fleet-health.js';

/** Kinds of problems of k0rdent itself. */
const HEALTH_PROBLEM_KINDS = [
  'management',
  'region',
  'credential',
  'access-management',
  'not-seen-by-kcm',
] as const;
type ProblemKind = (typeof HEALTH_PROBLEM_KINDS)[number];

/** The kind of object that reports each kind of problem; null: any kind. */
const TOLD_BY: Readonly<Record<ProblemKind, HealthKind | null>> = {
  management: 'Management',
  region: 'Region',
  credential: 'Credential',
  'access-management': 'AccessManagement',
  'not-seen-by-kcm': null,
};

/** Lists the kinds of problems that can be detected, given the kinds of objects that could be read. */
export function knownProblemKinds(health: K0rdentHealth): readonly ProblemKind[] {
  return HEALTH_PROBLEM_KINDS.filter((kind) => {
    const teller = TOLD_BY[kind];
    return teller === null || isSeen(health, teller);
  });
}

/** Whether a kind of object could be read. */
export function isSeen({ notSeen }: Pick<K0rdentHealth, 'notSeen'>, kind: HealthKind): boolean {
  return notSeen.every((one) => one.kind !== kind);
}

export interface HealthProblem {
  readonly kind: ProblemKind;
  /** What has the problem, such as `region eu-1`. */
  readonly subject: string;
  /** The problem, such as `is paused`, with the reason after a colon if known. */
  readonly says: string;
}

/** Lists the problems of k0rdent itself; kinds that could not be read are skipped. */
export function healthProblems(health: K0rdentHealth): readonly HealthProblem[] {
  const { release, ready, message, components, regions, credentials, accessManagement } = health;
  const k0rdent = release === null ? 'k0rdent' : `k0rdent ${release}`;
  const isNotReady = (why: string | null) => (why === null ? 'is not ready' : `is not ready: ${why}`);
  const withParts = (why: string | null, parts: K0rdentHealth['components']) =>
    [why, ...parts.map((part) => `${part.name}: ${part.message}`)]
      .filter((text) => text !== null)
      .join('; ') || null;
  const problems: HealthProblem[] = [];
  if (ready === false)
    problems.push({
      kind: 'management',
      subject: k0rdent,
      says: isNotReady(withParts(message, components)),
    });
  else if (ready === null && isSeen(health, 'Management'))
    problems.push({ kind: 'management', subject: k0rdent, says: 'does not say whether it is ready' });
  for (const region of regions) {
    const subject = `region ${region.name}`;
    if (region.paused) problems.push({ kind: 'region', subject, says: 'is paused' });
    if (region.ready === false)
      problems.push({
        kind: 'region',
        subject,
        says: isNotReady(withParts(region.message, region.components)),
      });
  }
  for (const { namespace, name, message: why } of credentials)
    problems.push({ kind: 'credential', subject: `credential ${namespace}/${name}`, says: isNotReady(why) });
  for (const { name, kind, message: why } of accessManagement)
    problems.push({
      kind: 'access-management',
      subject: `AccessManagement ${name}`,
      says: `cannot hand out ${kind ?? 'everything'}: ${why}`,
    });
  if (health.notSeenByKcm !== null) {
    const { since, count, examples } = health.notSeenByKcm;
    const [first] = examples;
    const named = first === undefined ? '' : `${first.kind} ${first.place}`;
    const what = count === 1 ? named : `${count} changed objects, such as ${named}`;
    problems.push({
      kind: 'not-seen-by-kcm',
      subject: 'kcm',
      says: `has not looked at ${what} since ${since}`,
    });
  }
  return problems;
}

/** Health of k0rdent on one management cluster, as seen by the context that could read most. */
export interface HealthView {
  /** Name of the management cluster, or of the context if the cluster has none. */
  readonly place: string;
  readonly k0rdent: K0rdentHealth;
}

/** Picks one view per management cluster whose health was read, in the order of the contexts. */
export function healthViews(contexts: readonly ContextObservation[]): readonly HealthView[] {
  const views = new Map<string, K0rdentHealth>();
  for (const { context, management, k0rdent } of contexts) {
    const place = management ?? context;
    const known = views.get(place);
    if (k0rdent !== null && (known === undefined || k0rdent.notSeen.length < known.notSeen.length))
      views.set(place, k0rdent);
  }
  return [...views].map(([place, k0rdent]) => ({ place, k0rdent }));
}
