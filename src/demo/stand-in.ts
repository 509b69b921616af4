import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { PRIVATE_FILE } from '../platform/file-modes.js';
import { kubeconfig } from './api-server/kubeconfig.js';
import { type ManagementServer, startManagementServer } from './api-server/server.js';
import type { DemoPlace } from './place.js';
import { sampleCluster } from './sample-cluster.js';

/** Name of the context in the kubeconfig. */
const CONTEXT = 'kgit-demo';

/**
 * Starts the stand-in cluster and writes its kubeconfig, readable only by the user because it contains the one token
 * that the server accepts.
 * @param root this program's folder
 * @param now ms since the epoch
 * @param uid of the Management object
 * @param kubeSystemUid of namespace kube-system
 */
export async function startStandIn(
  place: DemoPlace,
  {
    root,
    now,
    uid,
    kubeSystemUid,
  }: {
    readonly root: string;
    readonly now: number;
    readonly uid: string;
    readonly kubeSystemUid: string;
  },
): Promise<ManagementServer> {
  const token = randomBytes(32).toString('base64url');
  const server = await startManagementServer({
    ...(await sampleCluster(root, now, uid)),
    kubeSystemUid,
    tokens: { [token]: { clusters: '*', managements: true, kubeSystem: true, others: true } },
  });
  try {
    const text = kubeconfig(server.url, server.certificate, [{ name: CONTEXT, token }]);
    await writeFile(place.kubeconfig, `${text}\n`, { mode: PRIVATE_FILE, flag: 'wx' });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}
