import { failedBecause } from './cluster-failure.js';
import type { Kubectl } from './kubectl.js';
import { readArray, readObject, readString } from './read.js';
import { safeUrl } from './safe-text.js';

/** The parts of a kubeconfig context that kgit needs. */
export interface Context {
  readonly name: string;
  /** The API server's URL without credentials; null if the kubeconfig has none. */
  readonly server: string | null;
  /** The context's namespace; null if it has none. */
  readonly namespace: string | null;
  /** Whether it is the service account of kgit's pod rather than a kubeconfig context. */
  readonly inCluster: boolean;
}

/** The name that kgit shows for its pod's service account. */
const IN_CLUSTER = 'in-cluster';

/**
 * Reads the context that kubectl uses. It is read first, because kubectl without a context silently queries
 * localhost:8080. Throws ClusterError: no-context, unknown-context, kubeconfig.
 */
export async function readContext(kubectl: Kubectl): Promise<Context> {
  let view: unknown;
  try {
    view = await kubectl.json(['config', 'view', '--minify', '-o', 'json']);
  } catch (error) {
    const pod = inCluster(kubectl);
    if (pod !== null && failedBecause(error, 'no-context')) return pod;
    throw error;
  }
  const config = readObject(view);
  const context = readObject(readArray(config['contexts'])[0]);
  const server = readString(readObject(readObject(readArray(config['clusters'])[0])['cluster'])['server']);
  return {
    name: readString(config['current-context']) ?? kubectl.context ?? '',
    server: server === null ? null : safeUrl(server),
    namespace: readString(readObject(context['context'])['namespace']),
    inCluster: false,
  };
}

/**
 * Returns the context of a pod without a kubeconfig, where kubectl uses the service account, which `config view` does
 * not show.
 */
function inCluster(kubectl: Kubectl): Context | null {
  const host = kubectl.environment['KUBERNETES_SERVICE_HOST'];
  const port = kubectl.environment['KUBERNETES_SERVICE_PORT'];
  if (kubectl.context !== undefined || !host || !port) return null;
  return { name: IN_CLUSTER, server: `https://${host}:${port}`, namespace: null, inCluster: true };
}
