import { randomUUID } from 'node:crypto';
import type { ManagementServer } from './api-server/server.js';
import { type DemoHost, layOutRepository } from './lay-out.js';
import { type DemoPlace, demoPlace, isOnPath, requireFree } from './place.js';
import { sampleHistory } from './sample-history.js';
import { startStandIn } from './stand-in.js';

/** A running demo: its stand-in cluster answers until `server.stop()`. */
export interface Demo {
  readonly place: DemoPlace;
  readonly server: ManagementServer;
  /** How many events the sample history has. */
  readonly events: number;
  /** Whether `kgit status` can ask the stand-in cluster. */
  readonly hasKubectl: boolean;
}

/**
 * Lays out a state repository with a sample history in a new folder, and starts its stand-in cluster. Throws UsageError
 * if the folder is not empty, EnvironmentError.
 * @param folder an absolute path
 */
export async function startDemo(folder: string, host: DemoHost): Promise<Demo> {
  const place = demoPlace(folder);
  await requireFree(place);
  const [uid, kubeSystemUid] = [randomUUID(), randomUUID()];
  // Kubernetes stores whole seconds.
  const now = Math.floor(host.now() / 1000) * 1000;
  const history = await sampleHistory(host.root, now);
  const known = {
    identity: `management-uid:${uid}`,
    otherIdentities: [`kube-system-uid:${kubeSystemUid}`],
  } as const;
  await layOutRepository({ place, ...known, history }, host);
  const hasKubectl = await isOnPath('kubectl', host.environment);
  const server = await startStandIn(place, { root: host.root, now, uid, kubeSystemUid });
  return { place, server, events: history.length, hasKubectl };
}
