import { type ClusterState, isReleased } from './cluster-state.js';
import type { Condition, Conditions } from './condition.js';

/**
 * What a condition means for the state. `problem`: it explains the state. `waiting`: not done yet. `warning`: nothing
 * is wrong now. `fine`: as it should be.
 */
export type Meaning = 'problem' | 'waiting' | 'warning' | 'fine';

export interface ExplainedCondition extends Omit<Condition, 'lastTransition'> {
  readonly meaning: Meaning;
  /** Last transition, RFC 3339. */
  readonly since: string | null;
}

/** The order in which kcm turns a spec into a running cluster: an early failure blocks the later steps. */
const PIPELINE = [
  'Paused',
  'CredentialReady',
  'ClusterAuthenticationReady',
  'DataSourceReady',
  'ClusterDataSourceReady',
  'ClusterAuditPolicyReady',
  'TemplateReady',
  'HelmChartReady',
  'HelmReleaseReady',
  'CAPIClusterSummary',
  'SveltosClusterReady',
  'ServicesReferencesValidation',
  'ServicesDependencyValidation',
  'SveltosProfileReady',
  'FetchServicesStatusSuccess',
  'ServicesInReadyState',
  'HelmChartNameChanged',
];
/** Conditions that matter during a deletion; all others only show the state before it. */
const DELETION = ['Deleting', 'CloudResourcesDeletedCondition', 'CAPIClusterSummary', 'HelmReleaseReady'];
const AGGREGATE = 'Ready';
const MEANINGS: readonly Meaning[] = ['problem', 'waiting', 'warning', 'fine'];

/** Conditions whose good status is False; for all others it is True. */
const NORMAL_FALSE = new Set(['Paused', 'HelmChartNameChanged', 'Deleting']);
/** Conditions for which False is not yet a failure: clusters and services take time. */
const SLOW = new Set([
  'CAPIClusterSummary',
  'ServicesInReadyState',
  'SveltosClusterReady',
  'SveltosProfileReady',
  'Ready',
]);

/**
 * Sorts conditions so that they explain the state: problems first, in the order in which kcm works, so that the first
 * one is the cause; then those still waiting, then those that are fine. Ready comes last, because it only aggregates.
 * Unknown conditions count as blocking, as they do for kcm.
 */
export function explainConditions(conditions: Conditions, state: ClusterState): ExplainedCondition[] {
  const isDeletion = state === 'Deleting' || state === 'DeleteFailing';
  const order = isDeletion ? DELETION : PIPELINE;
  const place = ({ type }: ExplainedCondition) => {
    if (type === AGGREGATE) return order.length + 1;
    const index = order.indexOf(type);
    return index < 0 ? order.length : index;
  };
  const explained = [...conditions.values()].map(({ lastTransition, ...condition }) => ({
    ...condition,
    since: lastTransition === null ? null : new Date(lastTransition).toISOString().replace('.000Z', 'Z'),
    meaning: isDeletion ? deletionMeaning(condition, state) : meaningOf(condition, state),
  }));
  return explained.sort(
    (a, b) =>
      Number(a.type === AGGREGATE) - Number(b.type === AGGREGATE) ||
      MEANINGS.indexOf(a.meaning) - MEANINGS.indexOf(b.meaning) ||
      place(a) - place(b) ||
      (a.type < b.type ? -1 : 1),
  );
}

function meaningOf({ type, status }: Pick<Condition, 'type' | 'status'>, state: ClusterState): Meaning {
  if (NORMAL_FALSE.has(type)) {
    if (status !== 'True') return 'fine';
    return type === 'HelmChartNameChanged' ? 'warning' : 'problem';
  }
  if (type === 'CloudResourcesDeletedCondition') return 'fine';
  if (status === 'True') return 'fine';
  if (status === 'Unknown') return 'waiting';
  const isFailed = state === 'Failed' || state === 'ServicesFailed' || state === 'DryRunInvalid';
  if (type === 'ServicesInReadyState') return state === 'ServicesFailed' ? 'problem' : 'waiting';
  return SLOW.has(type) && !isFailed ? 'waiting' : 'problem';
}

function deletionMeaning(
  { type, status, reason }: Omit<Condition, 'lastTransition'>,
  state: ClusterState,
): Meaning {
  if (type === 'Deleting') return state === 'DeleteFailing' && reason === 'Failed' ? 'problem' : 'waiting';
  if (type === 'CloudResourcesDeletedCondition')
    return status === 'True' ? 'fine' : reason === 'Failed' ? 'problem' : 'waiting';
  if (type === 'CAPIClusterSummary' && reason === 'Deleting') return 'waiting';
  if (type === AGGREGATE) return status === 'True' ? 'fine' : 'waiting';
  // It dates from before the deletion and has no effect on it.
  return 'fine';
}

/** Explains why a cluster that k0rdent reports as ready is still Provisioning or Updating; null if it is not. */
export function unreleasedWords(
  conditions: ReadonlyMap<string, Pick<Condition, 'status'>>,
  state: ClusterState,
): string | null {
  const isOnItsWay = state === 'Provisioning' || state === 'Updating';
  if (!isOnItsWay || conditions.get(AGGREGATE)?.status !== 'True' || isReleased(conditions)) return null;
  return 'k0rdent has not reported its Helm release as ready yet, so nothing may be deployed';
}

/**
 * Returns the first point of a message: its first bullet that is not a heading, or else its first line together with
 * any headings before it.
 */
export function gistOf(message: string): string {
  const lines = message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const bullet = lines.find((line, i) => line.startsWith('* ') && !isHeading(lines, i));
  if (bullet !== undefined) return bullet.slice(2).trim();
  const end = lines.findIndex((line) => !line.endsWith(':'));
  return lines.slice(0, end < 0 ? undefined : end + 1).join(' ');
}

/** Whether a line is a heading, such as `* WorkersAvailable:`, with bullets below it. */
function isHeading(lines: readonly string[], index: number): boolean {
  return (lines[index]?.endsWith(':') ?? false) && (lines[index + 1]?.startsWith('* ') ?? false);
}
