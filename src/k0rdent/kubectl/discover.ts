import { clusterFailure, failedBecause } from './cluster-failure.js';
import type { Kubectl } from './kubectl.js';
import { readArray, readObject, readString } from './read.js';

const GROUP = 'k0rdent.mirantis.com';

/** Base path of the k0rdent API in the served version. */
export type ApiBase = `/apis/${typeof GROUP}/v1beta1` | `/apis/${typeof GROUP}/v1alpha1`;

/**
 * Finds the k0rdent API of a cluster: v1beta1 (kcm 1.0 and later) if served, else v1alpha1. Throws ClusterError
 * `no-k0rdent` if neither is served.
 */
export async function discover(kubectl: Kubectl): Promise<ApiBase> {
  const scope = { context: kubectl.context, path: `/apis/${GROUP}` };
  let group: unknown;
  try {
    group = await kubectl.get(`/apis/${GROUP}`);
  } catch (error) {
    if (failedBecause(error, 'not-found')) throw clusterFailure({ cause: 'no-k0rdent', detail: '' }, scope);
    throw error;
  }
  const { kind, versions } = readObject(group);
  if (kind !== 'APIGroup') throw clusterFailure({ cause: 'unexpected-answer', detail: 'no APIGroup' }, scope);
  const served = readArray(versions).map((entry) => readString(readObject(entry)['version']));
  if (served.includes('v1beta1')) return `/apis/${GROUP}/v1beta1`;
  if (served.includes('v1alpha1')) return `/apis/${GROUP}/v1alpha1`;
  const detail = `it serves ${served.join(', ') || 'no version'}, kgit knows v1beta1 and v1alpha1`;
  throw clusterFailure({ cause: 'no-k0rdent', detail }, scope);
}
