/** Runs a stand-in for k0rdent with many clusters for a figure: `node cluster-server.mjs PROJECT COUNT`. Prints the path of its kubeconfig. */
import { join } from 'node:path';
import { generateClusters, readObject } from '../test/support/api-server/objects.js';
import { startApiServer } from '../test/support/api-server/server.js';

const [, , project = '', count = ''] = process.argv;
const sample = readObject(join(project, 'test/k0rdent/objects'), 'cld-10-adopted-healthy.yaml');
const server = await startApiServer({
  managements: [readObject(join(project, 'templates/demo/objects'), 'mgmt-01-healthy.yaml')],
  clusters: generateClusters(sample, Number(count), 'kcm-system'),
});
process.once('SIGTERM', () => void server.stop().then(() => process.exit()));
process.stdout.write(`${server.kubeconfig}\n`);
