import { type Identities, identityOf } from '../../model/subject/management-identity.js';
import { failedBecause } from '../kubectl/cluster-failure.js';
import type { Context } from '../kubectl/context.js';
import type { ApiBase } from '../kubectl/discover.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { readArray, readObject, readString } from '../kubectl/read.js';

/** The singleton Management object's name. */
const MANAGEMENT = 'kcm';

/**
 * Reads all identities of a management cluster that the user may read, strongest first: UID of the Management object,
 * UID of namespace kube-system, address of the server. Throws ClusterError if the cluster cannot be queried at all.
 */
export async function readIdentities(kubectl: Kubectl, api: ApiBase, context: Context): Promise<Identities> {
  const [list, namespace] = await Promise.all([
    ifAllowed(kubectl, `${api}/managements?limit=10`),
    ifAllowed(kubectl, '/api/v1/namespaces/kube-system'),
  ]);
  const managements = readArray(readObject(list)['items']).map((item) =>
    readObject(readObject(item)['metadata']),
  );
  const management = managements.find(({ name }) => name === MANAGEMENT) ?? managements[0];
  const found = [
    ['management-uid', readString(management?.['uid'])],
    ['kube-system-uid', readString(readObject(readObject(namespace)['metadata'])['uid'])],
    // In a pod, the address is one that many clusters share, such as 10.96.0.1.
    ['server', context.inCluster ? null : context.server],
  ] as const;
  return found.flatMap(([kind, value]) => (value === null ? [] : (identityOf(kind, value) ?? [])));
}

async function ifAllowed(kubectl: Kubectl, path: string): Promise<unknown> {
  try {
    return await kubectl.get(path);
  } catch (error) {
    if (failedBecause(error, 'forbidden', 'not-found')) return undefined;
    throw error;
  }
}
