import { matchingClusters } from '../health/multi-cluster-services.js';
import { type JsonObject, readObject, readString } from '../kubectl/read.js';
import { type Condition, readConditions } from './condition.js';

/** The state of an object by its own report. */
export interface ObjectState {
  /** One word, or a few. */
  readonly state: string;
  readonly problems: readonly string[];
}

/** Conditions that are normally False; True means a problem or work in progress. */
export const NEGATIVE: ReadonlySet<string> = new Set([
  'Paused',
  'Deleting',
  'Stalled',
  'Reconciling',
  'RollingOut',
  'ScalingUp',
  'ScalingDown',
  'Remediating',
]);
/** Conditions that aggregate the others. */
const AGGREGATES = new Set(['Ready', 'Available']);
const PAUSED = ['k0rdent.mirantis.com/service-set-paused', 'k0rdent.mirantis.com/region-pause'];

/** Reads the state of a related object of any kind. */
export function stateOf(object: JsonObject): ObjectState {
  const metadata = readObject(object['metadata']);
  const status = readObject(object['status']);
  const nested = readObject(readObject(status['v1beta2'])['conditions'] ? status['v1beta2'] : status);
  const conditions = readConditions(nested['conditions']);
  const annotations = readObject(metadata['annotations']);
  const isPaused = PAUSED.some((name) => Object.hasOwn(annotations, name));
  const words = [
    readString(metadata['deletionTimestamp']) === null ? null : 'deleting',
    isPaused || readObject(object['spec'])['paused'] === true ? 'paused' : null,
    readString(status['phase']) ?? readString(status['connectionStatus']) ?? readyWord(status, conditions),
  ];
  return {
    state: words.filter(Boolean).join(', ') || 'no status',
    problems: [...statusProblems(status), ...conditionProblems([...conditions.values()])],
  };
}

/** Reads what a MultiClusterService reports about one cluster; null if it does not match the cluster. */
export function stateInCluster(object: JsonObject, namespace: string, name: string): ObjectState | null {
  const own = matchingClusters(object).get(`${namespace}/${name}`);
  if (own === undefined) return null;
  const { deployed, message } = own;
  return {
    state: deployed ? 'deployed' : 'not deployed',
    problems: deployed || message === null ? [] : [message],
  };
}

function statusProblems(status: JsonObject): string[] {
  const messages = [status['validationError'], status['failureMessage']].flatMap(
    (text) => readString(text) ?? [],
  );
  const connection = readString(status['connectionStatus']);
  const isCut = connection !== null && connection !== 'Healthy' && messages.length === 0;
  return isCut ? ['k0rdent cannot reach it'] : messages;
}

/** Whether a SveltosCluster reports that its cluster does not answer. */
export function isUnreachable({ state, problems }: ObjectState): boolean {
  return problems.length > 0 || state === 'not ready';
}

/** Lists the failing conditions; aggregates count only if no other condition fails. */
function conditionProblems(conditions: readonly Condition[]): string[] {
  const bad = conditions.filter(({ type, status }) =>
    NEGATIVE.has(type) ? status === 'True' : status !== 'True',
  );
  const single = bad.filter(({ type }) => !AGGREGATES.has(type));
  const said = single.length > 0 ? single : bad.filter(({ message }) => message !== null).slice(0, 1);
  return said.map(({ type, message, reason, status }) => `${type}: ${message ?? reason ?? status}`);
}

function readyWord(status: JsonObject, conditions: ReadonlyMap<string, Condition>): string | null {
  if (typeof status['valid'] === 'boolean') return status['valid'] ? 'valid' : 'not valid';
  const ready = conditions.get('Ready');
  const is = ready === undefined ? (status['ready'] ?? status['deployed']) : ready.status === 'True';
  return typeof is === 'boolean' ? (is ? 'ready' : 'not ready') : null;
}
