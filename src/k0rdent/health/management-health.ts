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

/** What a Management or a Region says of itself. */
export interface InstallationHealth {
  /** Null where it does not say. */
  readonly ready: boolean | null;
  /** Why it is not ready. */
  readonly message: string | null;
  readonly components: readonly ComponentProblem[];
}

export interface ManagementHealth extends InstallationHealth {
  /** Name of the Release that is installed, such as `kcm-1-11-0`. */
  readonly release: string | null;
}

/** A Region that is not ready, or paused, or well. */
export interface RegionHealth extends InstallationHealth {
  readonly name: string;
  /** Paused: kcm does nothing with the clusters in it. */
  readonly paused: boolean;
}

const PAUSE = 'k0rdent.mirantis.com/region-pause';

/** The Management of a list of them; null where there is none. */
export function managementOf(list: unknown): JsonObject | null {
  const items = readArray(readObject(list)['items']).map(readObject);
  return items.find((item) => readObject(item['metadata'])['name'] === MANAGEMENT) ?? items[0] ?? null;
}

/** How k0rdent itself is, by its Management object. */
export function readManagementHealth(object: JsonObject): ManagementHealth {
  const release = readObject(object['status'])['release'] ?? readObject(object['spec'])['release'];
  return { release: shownText(release), ...installationHealth(object) };
}

/** How a Region is; null for what has no name. */
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

/** kcm before 1.0 gives a Management no condition Ready: what its components say counts then. */
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

/** A Credential that clusters cannot be made with. */
export interface CredentialProblem {
  readonly namespace: string;
  readonly name: string;
  readonly message: string | null;
}

/** What is wrong with a Credential; null where nothing is, or where kcm has not looked at it yet. */
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
