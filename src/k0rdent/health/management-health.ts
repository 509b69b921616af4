import { type Condition, readConditions } from '../cluster/condition.js';
import { type JsonObject, readArray, readObject, readString } from '../kubectl/read.js';
import { shownText } from '../kubectl/shown-text.js';

/** The singleton Management object's name. */
const MANAGEMENT = 'kcm';

/** A component of k0rdent, or a provider, that could not be installed. */
export interface ComponentProblem {
  readonly name: string;
  readonly message: string;
}

/** Health that a Management or a Region reports about itself. */
export interface InstallationHealth {
  /** Null if not reported. */
  readonly ready: boolean | null;
  /** Why it is not ready. */
  readonly message: string | null;
  readonly components: readonly ComponentProblem[];
}

export interface ManagementHealth extends InstallationHealth {
  /** Name of the installed Release, such as `kcm-1-11-0`. */
  readonly release: string | null;
}

/** Health of a Region. */
export interface RegionHealth extends InstallationHealth {
  readonly name: string;
  /** Whether it is paused: kcm then ignores the clusters in it. */
  readonly paused: boolean;
}

const PAUSE = 'k0rdent.mirantis.com/region-pause';

/** Picks the Management from a list; null if the list is empty. */
export function managementOf(list: unknown): JsonObject | null {
  const items = readArray(readObject(list)['items']).map(readObject);
  return items.find((item) => readObject(item['metadata'])['name'] === MANAGEMENT) ?? items[0] ?? null;
}

/** Reads the health of k0rdent itself from its Management object. */
export function readManagementHealth(object: JsonObject): ManagementHealth {
  const release = readObject(object['status'])['release'] ?? readObject(object['spec'])['release'];
  return { release: shownText(release), ...installationHealth(object) };
}

/** Reads the health of a Region; null if it has no name. */
export function readRegionHealth(item: unknown): RegionHealth | null {
  const object = readObject(item);
  const metadata = readObject(object['metadata']);
  const name = shownText(metadata['name']);
  if (name === null) return null;
  return {
    name,
    paused: Object.hasOwn(readObject(metadata['annotations']), PAUSE),
    ...installationHealth(object),
  };
}

/**
 * Reads the health that both kinds report. kcm before 1.0 gives a Management no condition Ready; its components then
 * decide.
 */
function installationHealth(object: JsonObject): InstallationHealth {
  const status = readObject(object['status']);
  const entries = Object.entries(readObject(status['components']));
  const components = entries.flatMap(([name, value]) => {
    const message = shownText(readObject(value)['error']);
    return message === null ? [] : [{ name: shownText(name) ?? '', message }];
  });
  const condition = readConditions(status['conditions']).get('Ready');
  const isDone = entries.length > 0 && entries.every(([, value]) => readObject(value)['success'] === true);
  const byComponents = components.length > 0 ? false : isDone ? true : null;
  const ready = condition === undefined ? byComponents : condition.status === 'True';
  return {
    ready: isUnknown(condition) ? null : ready,
    message: ready ? null : wordsOf(condition),
    components,
  };
}

function isUnknown(condition: Condition | undefined): boolean {
  return condition?.status === 'Unknown';
}

function wordsOf(condition: Condition | undefined): string | null {
  return shownText(condition?.message) ?? shownText(condition?.reason);
}

/** A Credential that cannot be used to create clusters. */
export interface CredentialProblem {
  readonly namespace: string;
  readonly name: string;
  readonly message: string | null;
}

/** Reads the problem of a Credential; null if there is none, or if kcm has not reconciled it yet. */
export function readCredentialProblem(item: unknown): CredentialProblem | null {
  const object = readObject(item);
  const metadata = readObject(object['metadata']);
  const status = readObject(object['status']);
  const namespace = readString(metadata['namespace']);
  const name = readString(metadata['name']);
  const condition = readConditions(status['conditions']).get('CredentialReady');
  if (namespace === null || name === null || status['ready'] === true) return null;
  if (status['ready'] !== false && condition?.status !== 'False') return null;
  return {
    namespace: shownText(namespace) ?? '',
    name: shownText(name) ?? '',
    message: condition?.status === 'True' ? null : wordsOf(condition),
  };
}
