import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** A Kubernetes object as the API serves it; what it holds beyond its metadata is the sample's business. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

/** The clock of the samples: their times make sense at this one. */
export const SAMPLES_NOW = new Date('2026-08-22T10:00:00Z');

/** One sample object, by the name of its file in `folder`. */
export function readObject(folder: string, file: string): KubeObject {
  return parse(readFileSync(join(folder, file), 'utf8')) as KubeObject;
}

/** The items of a sample that is a list. */
export function readItems(folder: string, file: string): KubeObject[] {
  return readObject(folder, file)['items'] as KubeObject[];
}

/** Every ClusterDeployment sample in `folder`. */
export function sampleClusters(folder: string): KubeObject[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith('cld-'))
    .sort()
    .map((file) => readObject(folder, file));
}

/** The samples of other kinds in `folder`: what clusters depend on and are made of, and the events of one. */
export function sampleOthers(folder: string): KubeObject[] {
  const files = readdirSync(folder).filter((file) => /^(cred|ctmpl|sset|capi|rgn|mcs)-/.test(file));
  return [
    ...files.sort().map((file) => readObject(folder, file)),
    ...readItems(folder, 'events-01-core-v1-list.yaml'),
  ];
}

/** `count` clusters `fleet-0001`… shaped like `sample`, every second one with label `parity: odd`. */
export function generateClusters(sample: KubeObject, count: number, namespace = 'fleet'): KubeObject[] {
  return Array.from({ length: count }, (_, index) => ({
    ...sample,
    metadata: {
      ...sample.metadata,
      name: `fleet-${String(index).padStart(4, '0')}`,
      namespace,
      uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      labels: { parity: index % 2 === 0 ? 'even' : 'odd' },
    },
  }));
}
