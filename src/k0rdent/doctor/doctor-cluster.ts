import { KgitError } from '../../errors.js';
import { type Identities, learnedIdentities, saysMore } from '../../model/subject/management-identity.js';
import { type Check, finding, findingOf, passed } from '../../model/value/check.js';
import { shellWord } from '../../model/value/shell-word.js';
import { failedBecause } from '../kubectl/cluster-failure.js';
import { type Context, readContext } from '../kubectl/context.js';
import { type ApiBase, discover } from '../kubectl/discover.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { readObject, readString } from '../kubectl/read.js';
import { readIdentities } from '../management/identity.js';
import { matchManagement, recordedManagements, shown } from '../management/management.js';
import { listClusters } from '../observe/list.js';
import { checkRights } from './doctor-rights.js';

/** Oldest minor version of kubectl that may work: its `get --raw` supports what kgit needs. */
const KUBECTL_FLOOR = 20;

/** Checks kubectl itself. Throws ClusterError if it is missing. */
async function checkKubectl(kubectl: Kubectl): Promise<Check> {
  const answer = readObject(await kubectl.json(['version', '--client', '-o', 'json']));
  const version = readString(readObject(answer['clientVersion'])['gitVersion']) ?? 'of unknown version';
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  if (major !== undefined && Number(major) === 1 && Number(minor) < KUBECTL_FLOOR)
    return finding('kubectl', `${version} is older than 1.${KUBECTL_FLOOR}`, 'Update kubectl');
  return passed('kubectl', version);
}

type Managements = ReadonlyMap<string, Identities> | null;

/** Checks whether the repository records the cluster of the current context. Throws ClusterError. */
async function checkIdentity(
  kubectl: Kubectl,
  api: ApiBase,
  context: Context,
  managements: NonNullable<Managements>,
): Promise<Check> {
  const check = 'management';
  const identities = await readIdentities(kubectl, api, context);
  const named = context.inCluster ? undefined : context.name;
  if (identities.length === 0)
    return passed(check, 'nothing that you may read tells which one it is; docs/rbac.yaml has the rights');
  try {
    const { name, match } = matchManagement(identities, recordedManagements(managements), named);
    const is = `context ${context.name} is management cluster ${name}`;
    if (match === 'unknown')
      return finding(
        check,
        `nothing tells whether ${is}: it is known by ${shown(identities)}`,
        `Say that it is: kgit identify ${name}${named === undefined ? '' : ` --context ${shellWord(named)}`}`,
      );
    const before = managements.get(name) ?? [];
    const isMore = match === 'new' || saysMore(before, learnedIdentities(before, identities));
    const more = match === 'new' ? 'nothing is noted of it yet' : 'it is known by more than kgit.yaml has';
    return passed(check, isMore ? `${is}; ${more}: 'kgit status' or 'kgit identify' notes it` : is);
  } catch (error) {
    if (error instanceof KgitError) return findingOf(check, error);
    throw error;
  }
}

/**
 * Checks the cluster of the current context. A kubectl without a context is not a fault: recording events needs no
 * cluster.
 */
async function checkCluster(kubectl: Kubectl, managements: Managements): Promise<readonly Check[]> {
  const name = 'cluster';
  try {
    const context = await readContext(kubectl);
    const api = await discover(kubectl);
    const rights = await checkRights(kubectl, context.namespace);
    const list = await listClusters(kubectl, api, { contextNamespace: context.namespace });
    const count = list.lists.flatMap(({ items }) => items).length;
    const { seen } = list.namespaces;
    const where = seen === '*' ? 'all namespaces' : seen.join(', ');
    const found = passed(name, `context ${context.name}: ${count} clusterdeployments in ${where}`);
    const identity = managements && (await checkIdentity(kubectl, api, context, managements));
    return [found, rights, ...(identity === null ? [] : [identity])];
  } catch (error) {
    if (failedBecause(error, 'no-context')) return [passed(name, 'not set up: kubectl has no context')];
    if (error instanceof KgitError) return [findingOf(name, error)];
    throw error;
  }
}

/**
 * Checks kubectl, and what it may read of k0rdent.
 * @param managements null if no state repository lists the management clusters
 */
export async function checkClusterAccess(
  kubectl: Kubectl,
  managements: Managements,
): Promise<readonly Check[]> {
  try {
    const [version, cluster] = await Promise.all([checkKubectl(kubectl), checkCluster(kubectl, managements)]);
    return [version, ...cluster];
  } catch (error) {
    if (error instanceof KgitError) return [findingOf('kubectl', error)];
    throw error;
  }
}
