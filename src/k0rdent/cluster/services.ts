import { type JsonObject, readArray, readObject, readString, readTime } from '../kubectl/read.js';
import { type Conditions, readConditions } from './condition.js';

/** A service that `spec.serviceSpec` asks for, or that `status.services` reports. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
}
export interface ReportedService extends Service {
  /** Pending, Provisioning, Deployed, Failed, Deleting, Deleted, or a state of a later kcm. */
  readonly state: string;
  /** When it reached that state, in ms since the epoch. */
  readonly since: number | null;
  /** Why it is not deployed; secrets are not masked. */
  readonly message: string | null;
}

/**
 * `status.services` in either shape. kcm 1.3 and later: one entry per service; earlier: conditions per kind and
 * release.
 */
export type ServicesStatus =
  | { readonly shape: 'services'; readonly services: readonly ReportedService[] }
  | { readonly shape: 'conditions'; readonly conditions: Conditions };

/** Namespace of a service that names none: the API's default. */
const DEFAULT_NAMESPACE = 'default';

function readService(entry: JsonObject): Service | null {
  const name = readString(entry['name']);
  return name === null ? null : { namespace: readString(entry['namespace']) ?? DEFAULT_NAMESPACE, name };
}

/** Reads the services in `spec.serviceSpec.services`, without disabled ones. */
export function readWantedServices(value: unknown): readonly Service[] {
  return readArray(value).flatMap((item) => {
    const entry = readObject(item);
    const service = entry['disable'] === true ? null : readService(entry);
    return service === null ? [] : [service];
  });
}

/** Reads `status.services` in either shape; `clusterName` marks the old one. */
export function readServicesStatus(value: unknown): ServicesStatus {
  const entries = readArray(value).map(readObject);
  if (entries.some((entry) => entry['clusterName'] !== undefined)) {
    const conditions = entries.flatMap((entry) => readArray(entry['conditions']));
    return { shape: 'conditions', conditions: readConditions(conditions) };
  }
  const services = entries.flatMap((entry) => {
    const service = readService(entry);
    if (service === null) return [];
    const state = readString(entry['state']) ?? 'Pending';
    const since = readTime(entry['lastStateTransitionTime']);
    return [{ ...service, state, since, message: serviceMessage(entry, state) }];
  });
  return { shape: 'services', services };
}

/**
 * Why an entry of `status.services` is not deployed: its failure message, else the messages of its conditions; null if
 * there are none.
 */
export function serviceMessage(entry: JsonObject, state: string): string | null {
  const failure = readString(entry['failureMessage']);
  if (failure !== null || state === 'Deployed') return failure;
  const bad = [...readConditions(entry['conditions']).values()].filter(({ status }) => status === 'False');
  const words = bad.map(({ type, reason, message }) => `${type}: ${message ?? reason ?? 'False'}`);
  return words.sort().join('; ') || null;
}

/** Lists the failed services that no other ServiceSet has deployed, the latest failure first. */
export function failedServices(status: ServicesStatus): ReportedService[] {
  if (status.shape !== 'services') return [];
  const deployed = new Set(status.services.filter(({ state }) => state === 'Deployed').map(key));
  return newestFirst(
    status.services.filter((service) => service.state === 'Failed' && !deployed.has(key(service))),
  );
}

/** Sorts reported services by their last change of state, newest first; ties are sorted by name. */
export function newestFirst(services: readonly ReportedService[]): ReportedService[] {
  return [...services].sort((a, b) => (b.since ?? 0) - (a.since ?? 0) || (key(a) < key(b) ? -1 : 1));
}

export interface ServiceSummary {
  /** Number of wanted services that are deployed. */
  readonly ready: number;
  /** Number of services that the spec or a MultiClusterService wants. */
  readonly total: number;
  /**
   * Whether a wanted service failed and none of its entries is deployed; always false for the old shape, which does not
   * say.
   */
  readonly failed: boolean;
  /** Whether the spec wants a service that the status does not report at all. */
  readonly missing: boolean;
}

const key = ({ namespace, name }: Service): string => `${namespace}/${name}`;

/** Compares the wanted services with the reported ones. */
export function summarizeServices(wanted: readonly Service[], status: ServicesStatus): ServiceSummary {
  return status.shape === 'services'
    ? summarizeEntries(new Set(wanted.map(key)), status.services)
    : summarizeConditions(new Set(wanted.map(key)), status.conditions);
}

function summarizeEntries(wanted: ReadonlySet<string>, reported: readonly ReportedService[]): ServiceSummary {
  const states = new Map<string, Set<string>>();
  for (const service of reported) {
    const known = states.get(key(service));
    if (known === undefined) states.set(key(service), new Set([service.state]));
    else known.add(service.state);
  }
  // MultiClusterServices add services that no spec names; one that is being deleted is no longer wanted.
  const added = [...states].filter(([, of]) => ![...of].every((state) => /^Delet(ing|ed)$/.test(state)));
  const all = [...new Set([...wanted, ...added.map(([name]) => name)])];
  const is = (name: string, state: string) => states.get(name)?.has(state) === true;
  return {
    // Two ServiceSets may report one service, one of them as Failed: like kcm, count it if any has deployed it.
    ready: all.filter((name) => is(name, 'Deployed')).length,
    total: all.length,
    failed: all.some((name) => is(name, 'Failed') && !is(name, 'Deployed')),
    missing: all.some((name) => !states.has(name)),
  };
}

const RELEASE = /^([^.]+)\.(.+)\/SveltosHelmReleaseReady$/;

function summarizeConditions(wanted: ReadonlySet<string>, conditions: Conditions): ServiceSummary {
  const releases = new Map<string, boolean>();
  for (const { type, status } of conditions.values()) {
    const [, namespace, name] = type.match(RELEASE) ?? [];
    if (namespace !== undefined && name !== undefined)
      releases.set(key({ namespace, name }), status === 'True');
  }
  // Kustomize and resource services have no condition of their own, only one per kind.
  const kinds = ['Kustomize', 'Resources'].flatMap((type) => conditions.get(type) ?? []);
  const kindsReady = kinds.length > 0 && kinds.every(({ status }) => status === 'True');
  const all = [...new Set([...wanted, ...releases.keys()])];
  return {
    ready: all.filter((name) => releases.get(name) ?? kindsReady).length,
    total: all.length,
    failed: false,
    missing: kinds.length === 0 && all.some((name) => !releases.has(name)),
  };
}
