import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ClusterError } from '../../src/errors.js';
import { type KubectlOptions, openKubectl } from '../../src/k0rdent/kubectl/kubectl.js';
import { type KubeObject, readObject, sampleClusters, sampleOthers } from '../support/api-server/objects.js';
import type { ApiServer } from '../support/api-server/server.js';

const OBJECTS = join(import.meta.dirname, 'objects');
/** The samples that `kgit demo` serves, too. */
const DEMO_OBJECTS = join(import.meta.dirname, '../../templates/demo/objects');

export const samples = (): KubeObject[] => sampleClusters(OBJECTS, DEMO_OBJECTS);
export const sampleOthersHere = (): KubeObject[] => sampleOthers(OBJECTS, DEMO_OBJECTS);
export const sample = (file: string): KubeObject =>
  readObject(existsSync(join(OBJECTS, file)) ? OBJECTS : DEMO_OBJECTS, file);
/** Clusters that were reported to k0rdent for what it said of them. */
export const reported = (file: string): KubeObject => readObject(join(OBJECTS, 'reported'), file);
export const EXPECTED = join(OBJECTS, 'EXPECTED.tsv');

/** The object with other metadata, spec and status. */
function edited(object: KubeObject, metadata: object, spec: object, status: object): KubeObject {
  return {
    ...object,
    metadata: { ...object.metadata, ...metadata },
    spec: { ...(object['spec'] as object), ...spec },
    status: { ...(object['status'] as object), ...status },
  };
}

/** A cluster that a Region places, which is paused. */
export function regionalCluster(): KubeObject {
  const object = sample('cld-01-azure-healthy.yaml');
  const { conditions } = object['status'] as { conditions: Record<string, unknown>[] };
  const own = conditions.filter(({ type }) => type !== 'Ready');
  const since = { lastTransitionTime: '2026-08-22T09:00:00Z', observedGeneration: 3 };
  const told = [
    { ...since, type: 'Ready', status: 'False', reason: 'Failed', message: 'the region is paused' },
    { ...since, type: 'Paused', status: 'True', reason: 'Paused', message: 'the region eu-dc1 is paused' },
  ];
  return edited(
    object,
    { name: 'vsphere-dc1-prod', namespace: 'edge-platform', uid: 'c7b06e27-8a5b-4f3e-9f0d-2d1f3a1c7b10' },
    { credential: 'vsphere-dc1-cred', template: 'vsphere-standalone-cp-1-0-42' },
    { region: 'eu-dc1', conditions: [...own, ...told] },
  );
}

/** A cluster that a MultiClusterService matches and has not come to. */
export function istioCluster(): KubeObject {
  const uid = 'c7b06e27-8a5b-4f3e-9f0d-2d1f3a1c7b11';
  return edited(sample('cld-12-kof-regional-azure.yaml'), { name: 'aws-ue2-istio-child', uid }, {}, {});
}

/** What Sveltos says of the adopted sample: its CRD is not k0rdent's, and is not at hand. */
export function sveltosCluster(status: object): KubeObject {
  return {
    apiVersion: 'lib.projectsveltos.io/v1beta1',
    kind: 'SveltosCluster',
    metadata: { name: 'adopted-onprem-lab', namespace: 'kcm-system' },
    spec: { kubeconfigName: 'adopted-onprem-lab-kubeconfig' },
    status,
  };
}

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
