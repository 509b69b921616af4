import { setOwn } from '../../model/value/value.js';
import { readArray, readNumber, readObject, readString, readTime } from '../kubectl/read.js';
import { type Conditions, readConditions } from './condition.js';
import { readServicesStatus, readWantedServices, type Service, type ServicesStatus } from './services.js';

/**
 * The parts of a ClusterDeployment that kgit keeps. `spec.config` is never kept, because it may hold secrets in clear
 * text; nor are managedFields and the last-applied annotation, which may be larger than all the rest.
 */
export interface ClusterDeployment {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | null;
  readonly generation: number | null;
  /** `metadata.resourceVersion`: opaque; changes with every write of the object. */
  readonly version: string | null;
  /** Time of the last write in managedFields, in ms since the epoch; null if managedFields give none. */
  readonly writtenAt: number | null;
  /** RFC 3339, as the server gives it. */
  readonly createdAt: string | null;
  readonly deletionRequested: boolean;
  /** RFC 3339. */
  readonly deletionRequestedAt: string | null;
  readonly template: string | null;
  readonly dryRun: boolean;
  readonly wantedServices: readonly Service[];
  /** Name of the Region; null: placed on the management cluster. */
  readonly region: string | null;
  /** Templates that kcm offers for an upgrade. */
  readonly upgrades: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly observedGeneration: number | null;
  readonly conditions: Conditions;
  readonly services: ServicesStatus;
}

/** Maximum number of upgrades and labels kept per cluster, and maximum length of a name or value. */
const MOST = 100;
const MOST_CHARACTERS = 400;

function readUpgrades(value: unknown): readonly string[] {
  return readArray(value)
    .slice(0, MOST)
    .flatMap((name) => readString(name)?.slice(0, MOST_CHARACTERS) ?? []);
}

function readLabels(value: unknown): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const [key, text] of Object.entries(readObject(value)).slice(0, MOST))
    if (typeof text === 'string' && key.length <= MOST_CHARACTERS)
      setOwn(labels, key, text.slice(0, MOST_CHARACTERS));
  return labels;
}

/** Reads an item of a list, whatever its type; null if it has no namespace or no name. */
export function readClusterDeployment(value: unknown): ClusterDeployment | null {
  const object = readObject(value);
  const metadata = readObject(object['metadata']);
  const spec = readObject(object['spec']);
  const status = readObject(object['status']);
  const namespace = readString(metadata['namespace']);
  const name = readString(metadata['name']);
  if (namespace === null || name === null) return null;
  const { creationTimestamp: created, deletionTimestamp: deletion } = metadata;
  return {
    namespace,
    name,
    uid: readString(metadata['uid']),
    generation: readNumber(metadata['generation']),
    version: readString(metadata['resourceVersion']),
    writtenAt: newestWrite(metadata['managedFields']),
    createdAt: readTime(created) === null ? null : readString(created),
    deletionRequested: readString(deletion) !== null,
    deletionRequestedAt: readTime(deletion) === null ? null : readString(deletion),
    template: readString(spec['template']),
    dryRun: spec['dryRun'] === true,
    wantedServices: readWantedServices(readObject(spec['serviceSpec'])['services']),
    region: readString(status['region']),
    upgrades: readUpgrades(status['availableUpgrades']),
    labels: readLabels(metadata['labels']),
    observedGeneration: readNumber(status['observedGeneration']),
    conditions: readConditions(status['conditions']),
    services: readServicesStatus(status['services']),
  };
}

function newestWrite(managedFields: unknown): number | null {
  const times = readArray(managedFields).flatMap((entry) => readTime(readObject(entry)['time']) ?? []);
  return times.length === 0 ? null : Math.max(...times);
}
