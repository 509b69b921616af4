import { clusterFailure, failedBecause } from './cluster-failure.js';
import type { Context } from './context.js';
import type { ApiBase } from './discover.js';
import type { Kubectl } from './kubectl.js';
import { readArray, readObject, readString } from './read.js';

/** What a management cluster is known by: `management-uid:<uid>`, `kube-system-uid:<uid>` or `server:<url>`. */
export type Identity = `${'management-uid' | 'kube-system-uid' | 'server'}:${string}`;

/** The singleton Management object's name. */
const MANAGEMENT = 'kcm';

/**
 * The strongest identity that the user's rights allow: UID of the Management object, else of namespace kube-system,
 * else the server's URL. Throws ClusterError where the cluster cannot be asked at all.
 */
export async function readIdentity(kubectl: Kubectl, api: ApiBase, context: Context): Promise<Identity> {
  const list = readObject(await ifAllowed(kubectl, `${api}/managements?limit=10`));
  const managements = readArray(list['items']).map((item) => readObject(readObject(item)['metadata']));
  const management = managements.find(({ name }) => name === MANAGEMENT) ?? managements[0];
  const managementUid = readString(management?.['uid']);
  if (managementUid !== null) return `management-uid:${managementUid}`;
  const namespace = readObject(await ifAllowed(kubectl, '/api/v1/namespaces/kube-system'));
  const namespaceUid = readString(readObject(namespace['metadata'])['uid']);
  if (namespaceUid !== null) return `kube-system-uid:${namespaceUid}`;
  if (context.server !== null) return `server:${context.server}`;
  throw clusterFailure({ cause: 'kubeconfig', detail: 'it names no server' }, { context: context.name });
}

async function ifAllowed(kubectl: Kubectl, path: string): Promise<unknown> {
  try {
    return await kubectl.get(path);
  } catch (error) {
    if (failedBecause(error, 'forbidden', 'not-found')) return undefined;
    throw error;
  }
}

/** Whether two identities are of one cluster; identities of two kinds cannot be compared. */
export function compareIdentities(a: string, b: string): 'same' | 'different' | 'unknown' {
  if (a === b) return 'same';
  const kind = (identity: string) => identity.slice(0, identity.indexOf(':'));
  return kind(a) === kind(b) ? 'different' : 'unknown';
}
