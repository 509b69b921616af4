import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { KubeObject } from '../../../src/demo/api-server/objects.js';
import { keptText } from '../kept-texts.js';

export type { KubeObject } from '../../../src/demo/api-server/objects.js';
export { SAMPLES_NOW } from '../../../src/demo/sample-clock.js';

/** One sample object, by the name of its file in `folder`. */
export function readObject(folder: string, file: string): KubeObject {
  const text = readFileSync(join(folder, file), 'utf8');
  // Many test files read the same samples, and reading YAML takes a hundred times as long as reading JSON.
  return JSON.parse(keptText('object', text, () => JSON.stringify(parse(text)))) as KubeObject;
}

/** The ClusterDeployments among the samples of `folders`. */
export function sampleClusters(...folders: readonly string[]): KubeObject[] {
  return samplesNamed(/^cld-/, folders);
}

/** The samples of other kinds in `folders`: what clusters depend on and are made of, and the events of one. */
export function sampleOthers(...folders: readonly string[]): KubeObject[] {
  const events = samplesNamed(/^events-/, folders).flatMap((list) => list['items'] as KubeObject[]);
  return [...samplesNamed(/^(cred|ctmpl|sset|capi|rgn|mcs)-/, folders), ...events];
}

function samplesNamed(name: RegExp, folders: readonly string[]): KubeObject[] {
  const places = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => name.test(file))
      .map((file) => ({ folder, file })),
  );
  places.sort((a, b) => (a.file < b.file ? -1 : 1));
  return places.map(({ folder, file }) => readObject(folder, file));
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
