import { formatTimestamp } from '../../model/event/event.js';
import { type JsonObject, readArray, readObject, readString } from '../kubectl/read.js';
import { type Condition, readConditions } from './condition.js';
import { serviceMessage } from './services.js';

/** One service of a cluster, merged from the reports of all ServiceSets. */
export interface ServiceDetail {
  readonly namespace: string;
  readonly name: string;
  /**
   * Pending, Provisioning, Deployed, Failed, Deleting, Deleted, or a state of a later kcm; `Missing` if wanted but not
   * reported.
   */
  readonly state: string;
  readonly template: string | null;
  readonly version: string | null;
  /** RFC 3339. */
  readonly since: string | null;
  /** Why it is not deployed. */
  readonly message: string | null;
  /** The report of another ServiceSet that manages the same service. */
  readonly conflict: string | null;
  /** Templates available for an upgrade. */
  readonly upgrades: readonly string[];
}

/** States from best to worst: a service that several ServiceSets report has the best of its states, as in kcm. */
const BEST_FIRST = ['Deployed', 'Failed', 'Provisioning', 'Pending', 'Deleting', 'Deleted'];

/** Reads the wanted and reported services of a ClusterDeployment, those that are not deployed first. */
export function readServiceDetails(object: JsonObject): ServiceDetail[] {
  const wanted = readArray(readObject(readObject(object['spec'])['serviceSpec'])['services'])
    .map(readObject)
    .filter(({ disable }) => disable !== true);
  const status = readObject(object['status']);
  const entries = readArray(status['services']).map(readObject);
  const isOld = entries.some((entry) => entry['clusterName'] !== undefined);
  const reported = isOld ? entries.flatMap((entry) => oldServices(entry, wanted)) : entries;
  const groups = new Map<string, JsonObject[]>();
  for (const entry of reported) {
    const key = keyOf(entry);
    if (key !== null) groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  const upgrades = upgradesOf(status['servicesUpgradePaths']);
  const byKey = new Map(wanted.map((entry) => [keyOf(entry), entry]));
  const keys = [...new Set([...byKey.keys(), ...groups.keys()])].filter((key) => key !== null);
  return keys
    .map((key) => detailOf(key, groups.get(key) ?? [], byKey.get(key), upgrades.get(key) ?? []))
    .sort(
      (a, b) => rank(a) - rank(b) || (keyOf(a as never) ?? '').localeCompare(keyOf(b as never) ?? '', 'en'),
    );
}

function rank({ state }: ServiceDetail): number {
  if (state === 'Failed') return 0;
  return state === 'Deployed' ? 2 : 1;
}

function keyOf(entry: JsonObject): string | null {
  const name = readString(entry['name']);
  return name === null ? null : `${readString(entry['namespace']) ?? 'default'}/${name}`;
}

function detailOf(
  key: string,
  entries: readonly JsonObject[],
  wanted: JsonObject | undefined,
  upgrades: readonly string[],
): ServiceDetail {
  const place = (entry: JsonObject) => {
    const index = BEST_FIRST.indexOf(readString(entry['state']) ?? '');
    return index < 0 ? BEST_FIRST.length : index;
  };
  const sorted = [...entries].sort((a, b) => place(a) - place(b));
  const [best, ...others] = sorted;
  const other = others.find((entry) => entry['state'] !== best?.['state']);
  const [namespace = '', name = ''] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)];
  const template = readString(best?.['template']) ?? readString(wanted?.['template']);
  const state = best === undefined ? 'Missing' : (readString(best['state']) ?? 'Pending');
  return {
    namespace,
    name,
    state,
    template,
    version: readString(best?.['version']),
    since: readString(best?.['lastStateTransitionTime']),
    message: best === undefined ? 'k0rdent does not report it yet' : serviceMessage(best, state),
    conflict: other
      ? [other['state'], serviceMessage(other, String(other['state']))].filter(Boolean).join(': ')
      : null,
    upgrades: upgrades.filter((name) => name !== template),
  };
}

const RELEASE = /^([^.]+)\.(.+)\/SveltosHelmReleaseReady$/;

/** Conditions that aggregate the services of a kind, in kcm 1.2 and earlier. */
const KINDS = ['Helm', 'Kustomize', 'Resources'];

/**
 * Reads services from kcm 1.2 and earlier, which report one entry per cluster, with a condition per Helm release and
 * one per kind of service. The messages of the kinds are appended to the message of each service that is not up.
 */
function oldServices(entry: JsonObject, wanted: readonly JsonObject[]): JsonObject[] {
  const conditions = readConditions(entry['conditions']);
  const kinds = KINDS.flatMap((type) => conditions.get(type) ?? []);
  const bad = kinds.filter(({ status }) => status !== 'True');
  const words = bad.map(({ type, reason, message }) => `${type}: ${message ?? reason ?? 'not ready'}`);
  const service = (place: object, of: readonly Condition[], isUp: boolean, isFailed: boolean) => {
    const newest = Math.max(0, ...of.map(({ lastTransition }) => lastTransition ?? 0));
    const said = [
      ...of.flatMap(({ type, message }) => (KINDS.includes(type) ? [] : (message ?? []))),
      ...words,
    ];
    return {
      ...place,
      state: isUp ? 'Deployed' : isFailed ? 'Failed' : 'Provisioning',
      ...(newest === 0 ? {} : { lastStateTransitionTime: formatTimestamp(newest) }),
      ...(isUp || said.length === 0 ? {} : { failureMessage: said.join('; ') }),
    };
  };
  const releases = [...conditions.values()].flatMap((condition) => {
    const [, namespace, name] = RELEASE.exec(condition.type) ?? [];
    if (namespace === undefined || name === undefined) return [];
    const { status, reason } = condition;
    return [service({ namespace, name }, [condition], status === 'True', reason === 'Conflict')];
  });
  if (kinds.length === 0) return releases;
  const known = new Set(releases.map(keyOf));
  const others = kinds.filter(({ type }) => type !== 'Helm');
  const isUp = others.length > 0 && others.every(({ status }) => status === 'True');
  const isFailed = bad.some(({ reason }) => reason?.startsWith('Failed') ?? false);
  const rest = wanted.filter((one) => !known.has(keyOf(one)));
  return [
    ...releases,
    ...rest.map(({ namespace, name }) => service({ namespace, name }, kinds, isUp, isFailed)),
  ];
}

function upgradesOf(value: unknown): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const item of readArray(value).map(readObject)) {
    const key = keyOf(item);
    const versions = readArray(item['availableUpgrades']).flatMap((entry) =>
      readArray(readObject(entry)['versions']).flatMap(
        (version) => readString(readObject(version)['name']) ?? [],
      ),
    );
    if (key !== null) found.set(key, [...new Set(versions)]);
  }
  return found;
}
