import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ClusterError } from '../../src/errors.js';
import { type KubectlOptions, openKubectl } from '../../src/k0rdent/kubectl.js';
import { type KubeObject, readObject, sampleClusters, sampleOthers } from '../support/api-server/objects.js';
import type { ApiServer } from '../support/api-server/server.js';

const OBJECTS = join(import.meta.dirname, 'objects');

export const samples = (): KubeObject[] => sampleClusters(OBJECTS);
export const sampleOthersHere = (): KubeObject[] => sampleOthers(OBJECTS);
export const sample = (file: string): KubeObject => readObject(OBJECTS, file);
export const EXPECTED = join(OBJECTS, 'EXPECTED.tsv');

/** These tests prove how kubectl behaves: without it they must fail, not be skipped. */
export function requireKubectl(): void {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
  } catch (error) {
    throw new Error('These tests need kubectl (1.20 or later) on the PATH: install it', { cause: error });
  }
}

/** The machine's kubectl against `server`, in the context named as the token. */
export function kubectlFor(server: ApiServer, context?: string, more: Partial<KubectlOptions> = {}) {
  return openKubectl({
    environment: { ...process.env },
    kubeconfig: server.kubeconfig,
    context,
    ...more,
  });
}

/** The ClusterError that `promise` ends with. */
export async function clusterErrorOf(promise: Promise<unknown>): Promise<ClusterError> {
  const end = await promise.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );
  if (end instanceof ClusterError) return end;
  throw new Error('expected a ClusterError', { cause: end });
}
