import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateClusters, readObject, sampleClusters, sampleOthers } from './objects.js';
import { startApiServer } from './server.js';

/** Serves the samples of `root` until it is killed, and prints the path of a kubeconfig for it. */
export async function serve(root: string, args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { clusters: { type: 'string', default: '0' } } });
  const folder = join(root, 'test/k0rdent/objects');
  const healthy = readObject(folder, 'cld-01-azure-healthy.yaml');
  const server = await startApiServer({
    clusters: [...sampleClusters(folder), ...generateClusters(healthy, Number(values.clusters))],
    managements: [readObject(folder, 'mgmt-01-healthy.yaml')],
    others: sampleOthers(folder),
  });
  process.stdout.write(`${server.kubeconfig}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void server.stop().then(() => process.exit(0)));
  }
}
