import { KgitError } from '../errors.js';
import { type Check, finding, findingOf, passed } from '../model/check.js';
import { failedBecause } from './cluster-failure.js';
import { readContext } from './context.js';
import { discover } from './discover.js';
import { checkRights } from './doctor-rights.js';
import type { Kubectl } from './kubectl.js';
import { listClusters } from './list.js';
import { readObject, readString } from './read.js';

/** The oldest kubectl that is tried: its `get --raw` takes what kgit asks. */
const KUBECTL_FLOOR = 20;

/** kubectl itself. Throws ClusterError where it is missing. */
async function checkKubectl(kubectl: Kubectl): Promise<Check> {
  const answer = readObject(await kubectl.json(['version', '--client', '-o', 'json']));
  const version = readString(readObject(answer['clientVersion'])['gitVersion']) ?? 'of unknown version';
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  if (major !== undefined && Number(major) === 1 && Number(minor) < KUBECTL_FLOOR)
    return finding('kubectl', `${version} is older than 1.${KUBECTL_FLOOR}`, 'Update kubectl');
  return passed('kubectl', version);
}

/** The cluster of the current context. A kubectl without a context is no fault: records need no cluster. */
async function checkCluster(kubectl: Kubectl): Promise<readonly Check[]> {
  const name = 'cluster';
  try {
    const context = await readContext(kubectl);
    const api = await discover(kubectl);
    const rights = await checkRights(kubectl, context.namespace);
    const list = await listClusters(kubectl, api, { contextNamespace: context.namespace });
    const count = list.lists.flatMap(({ items }) => items).length;
    const { seen } = list.namespaces;
    const where = seen === '*' ? 'all namespaces' : seen.join(', ');
    return [passed(name, `context ${context.name}: ${count} clusterdeployments in ${where}`), rights];
  } catch (error) {
    if (failedBecause(error, 'no-context')) return [passed(name, 'not set up: kubectl has no context')];
    if (error instanceof KgitError) return [findingOf(name, error)];
    throw error;
  }
}

/** kubectl, and what it may see of k0rdent. */
export async function checkClusterAccess(kubectl: Kubectl): Promise<readonly Check[]> {
  try {
    const [version, cluster] = await Promise.all([checkKubectl(kubectl), checkCluster(kubectl)]);
    return [version, ...cluster];
  } catch (error) {
    if (error instanceof KgitError) return [findingOf('kubectl', error)];
    throw error;
  }
}
