import { findSecrets } from '../../model/secret/find-secrets.js';
import { MASK } from '../../model/secret/mask-secrets.js';
import { sameValue, type Value } from '../../model/value/value.js';
import { type JsonObject, readArray, readObject } from '../kubectl/read.js';

/** A parameter of a cluster, as recorded by an event. */
export interface RecordedParameter {
  readonly value: Value;
  /** Timestamp of the event. */
  readonly timestamp: string;
  readonly action: string;
}
export type RecordedParameters = ReadonlyMap<string, RecordedParameter>;

/** A recorded parameter that differs in the live spec. */
export interface Drift {
  readonly kind: 'drifted' | 'template-changed';
  /** Path in the live spec. */
  readonly path: string;
  /** Secrets in either are masked. */
  readonly recorded: unknown;
  readonly live: unknown;
  readonly detail: string;
}

/** Fields of `spec` that a parameter of the same name refers to. */
const SPEC_FIELDS = new Set([
  'template',
  'credential',
  'config',
  'propagateCredentials',
  'cleanupOnDeletion',
  'clusterAuth',
  'dataSource',
  'auditPolicy',
  'ipamClaim',
  'serviceSpec',
  'dryRun',
]);

/** Defaults that the API server and kcm fill in when a spec omits them. */
const SPEC_DEFAULTS: JsonObject = { propagateCredentials: true, ipamClaim: {}, dryRun: false };
const SERVICE_DEFAULTS: JsonObject = {
  provider: {},
  syncMode: 'Continuous',
  priority: 100,
  stopOnConflict: false,
  continueOnError: false,
};

/**
 * Finds the recorded parameters that the live `spec` contradicts, sorted by path. A parameter names a field of the spec
 * (`template`), a path (`config.region`, `spec.credential`) or a key of `config`, also in snake_case (`worker_number`);
 * a parameter that names nothing in the spec is ignored. Additions by the server are not drift.
 */
export function findDrift(parameters: RecordedParameters, spec: JsonObject): Drift[] {
  const drifts = [...parameters].flatMap(([name, recorded]) => {
    const path = specPath(name, spec);
    return path === null ? [] : driftsAt(path, recorded, spec);
  });
  return drifts.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Maximum number of differences in a config that are reported one by one. */
const MOST_PLACES = 20;

function driftsAt(path: readonly string[], parameter: RecordedParameter, spec: JsonObject): Drift[] {
  const live = valueAt(path, spec) ?? SPEC_DEFAULTS[path[0] ?? ''];
  const { value } = parameter;
  if (isGiven(value, live, path)) return [];
  const places = path[0] === 'config' ? placesOf(value, live, path) : [];
  if (places.length === 0 || places.length > MOST_PLACES) return [drift(path, value, live, parameter)];
  return places.map((place) => drift(place.path, place.recorded, place.live, parameter));
}

interface Place {
  readonly path: readonly string[];
  readonly recorded: unknown;
  readonly live: unknown;
}

/** Finds the places at which two values of a config differ, descending while both are mappings. */
function placesOf(recorded: unknown, live: unknown, path: readonly string[]): Place[] {
  if (!isMapping(recorded) || !isMapping(live))
    return isSame(recorded, live) ? [] : [{ path, recorded, live }];
  return comparedKeys(recorded, live).flatMap((key) => placesOf(recorded[key], live[key], [...path, key]));
}

function drift(
  path: readonly string[],
  recorded: unknown,
  live: unknown,
  parameter: RecordedParameter,
): Drift {
  const shown = { recorded: masked(recorded ?? null, path), live: masked(live ?? null, path) };
  const since = `recorded as ${text(shown.recorded)} by ${parameter.action} at ${parameter.timestamp}`;
  return {
    kind: path.join('.') === 'template' ? 'template-changed' : 'drifted',
    path: path.join('.'),
    ...shown,
    detail: `${path.join('.')} is ${text(shown.live)}, ${since}`,
  };
}

/** Resolves a parameter's name to a path in the spec; null if there is none. */
function specPath(name: string, spec: JsonObject): readonly string[] | null {
  const words = name.split('.');
  if (words[0] === 'spec' && words.length > 1) words.shift();
  if (SPEC_FIELDS.has(words[0] ?? '')) return words;
  const config = readObject(spec['config']);
  const camel = words.map((word) =>
    word.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
  );
  for (const path of [[name], words, camel])
    if (valueAt(path, config) !== undefined) return ['config', ...path];
  return null;
}

function valueAt(path: readonly string[], object: JsonObject): unknown {
  let value: unknown = object;
  for (const key of path) {
    const holder = readObject(value);
    value = Object.hasOwn(holder, key) ? holder[key] : undefined;
  }
  return value;
}

/** Whether `live` equals `recorded`, apart from additions by the server. */
function isGiven(recorded: unknown, live: unknown, path: readonly string[]): boolean {
  const at = path.join('.');
  if (at === 'config') return isGivenConfig(readObject(recorded), readObject(live));
  if (at === 'serviceSpec') {
    const { services, ...rest } = readObject(recorded);
    const { services: liveServices, ...liveRest } = readObject(live);
    return (
      isSame({ ...SERVICE_DEFAULTS, ...rest }, { ...SERVICE_DEFAULTS, ...liveRest }) &&
      areServices(services, liveServices)
    );
  }
  if (at === 'serviceSpec.services') return areServices(recorded, live);
  return isSame(recorded, live);
}

/**
 * Compares configs. IP address management writes its data into the config; any other key that was not recorded is a
 * change.
 */
function isGivenConfig(recorded: JsonObject, live: JsonObject): boolean {
  return comparedKeys(recorded, live).every((key) => isSame(recorded[key], live[key]));
}

function comparedKeys(recorded: JsonObject, live: JsonObject): string[] {
  const managed = Object.hasOwn(live, 'ipamEnabled') && !Object.hasOwn(recorded, 'ipamEnabled');
  return Object.keys(managed ? recorded : { ...recorded, ...live });
}

function isMapping(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Compares services by their key in the API: their order is irrelevant, the namespace has a default, and the server may
 * add helmOptions.
 */
function areServices(recorded: unknown, live: unknown): boolean {
  const keyed = (value: unknown) =>
    new Map(
      readArray(value).map((item) => {
        const service: JsonObject = { namespace: 'default', ...readObject(item) };
        return [`${service['namespace']}/${service['name']}`, service] as const;
      }),
    );
  const [wanted, found] = [keyed(recorded), keyed(live)];
  return (
    wanted.size === found.size &&
    [...wanted].every(([key, service]) => {
      const { helmOptions, ...rest } = service;
      const { helmOptions: liveOptions, ...liveRest } = found.get(key) ?? {};
      const options = Object.entries(readObject(helmOptions));
      return (
        isSame(rest, liveRest) &&
        options.every(([name, value]) => isSame(value, readObject(liveOptions)[name]))
      );
    })
  );
}

/** Compares two values; a parameter from a command line may be the text of a number or boolean. */
function isSame(recorded: unknown, live: unknown): boolean {
  if (isScalar(recorded) && isScalar(live)) return String(recorded) === String(live);
  return sameValue(recorded as Value, live as Value);
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function masked(value: unknown, path: readonly string[]): unknown {
  return findSecrets(value, path).length > 0 ? MASK : value;
}

const MAX_SHOWN = 60;

function text(value: unknown): string {
  const shown = typeof value === 'string' ? value : value === null ? 'not set' : JSON.stringify(value);
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
}
