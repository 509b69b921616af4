import { failedBecause } from './cluster-failure.js';
import type { Kubectl } from './kubectl.js';
import { readArray, readObject, readString } from './read.js';
import { safeUrl } from './safe-text.js';

/** A kubeconfig context as far as kgit needs it. */
export interface Context {
  readonly name: string;
  /** The API server's URL without credentials; null where the kubeconfig gives none. */
  readonly server: string | null;
  /** The namespace that the context chooses; null: none. */
  readonly namespace: string | null;
  /** Whether it is no context of a kubeconfig, but the service account of the pod that kgit runs in. */
  readonly inCluster: boolean;
}

/** Name under which kgit shows the service account of the pod it runs in. */
const IN_CLUSTER = 'in-cluster';

/**
 * The context that `kubectl` asks. Read first, because without a context kubectl would silently ask localhost:8080.
 * Throws ClusterError: no-context, unknown-context, kubeconfig.
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

/** In a pod without a kubeconfig kubectl uses the service account, which `config view` knows nothing of. */
function inCluster(kubectl: Kubectl): Context | null {
  const host = kubectl.environment['KUBERNETES_SERVICE_HOST'];
  const port = kubectl.environment['KUBERNETES_SERVICE_PORT'];
  if (kubectl.context !== undefined || !host || !port) return null;
  return { name: IN_CLUSTER, server: `https://${host}:${port}`, namespace: null, inCluster: true };
}
