import { readTime } from '../kubectl/read.js';
import type { ClusterDeployment } from './cluster-deployment.js';
import type { ClusterState } from './cluster-state.js';
import { gistOf } from './explanation.js';
import type { RelatedObject } from './related.js';
import { isUnreachable, NEGATIVE } from './related-state.js';
import type { ServiceDetail } from './service-details.js';

/** A disagreement between k0rdent's report on a cluster and other evidence; the message states both sides. */
export interface Contradiction {
  /** The condition or kind of object that disagrees. */
  readonly from: string;
  readonly message: string;
}

/**
 * Finds disagreements between k0rdent's report and the evidence below it. Conditions are always compared with services,
 * and with related objects if those were read.
 * @param related null if they were not requested
 */
export function contradictionsOf(
  cluster: ClusterDeployment,
  state: ClusterState,
  services: readonly ServiceDetail[],
  related: readonly RelatedObject[] | null,
): Contradiction[] {
  return [
    ...ofServices(cluster, state, services),
    ...ofPredecessor(cluster),
    ...(related === null
      ? []
      : [...ofFailure(state, related), ...ofReady(state, related), ...ofMachines(cluster, related)]),
  ];
}

const WITH_SERVICES: readonly ClusterState[] = ['Ready', 'ServicesPending', 'ServicesFailed'];

/**
 * kcm counts services from its ServiceSets, and its count may lag behind them: one says that all are deployed, the
 * other does not.
 */
function ofServices(
  { conditions }: ClusterDeployment,
  state: ClusterState,
  services: readonly ServiceDetail[],
): Contradiction[] {
  const condition = conditions.get('ServicesInReadyState');
  const [count, ready, total] = /^(\d+)\/(\d+)/.exec(condition?.message ?? '') ?? [];
  if (count === undefined || !WITH_SERVICES.includes(state)) return [];
  const wanted = services.filter((service) => !/^Delet(ing|ed)$/.test(service.state));
  const deployed = wanted.filter((service) => service.state === 'Deployed').length;
  if ((ready === total) === (deployed === wanted.length)) return [];
  const counted = `${deployed}/${wanted.length}`;
  const message = `k0rdent counts ${count} services as ready, but ${counted} are deployed by their own states`;
  return [{ from: 'ServicesInReadyState', message }];
}

/**
 * kcm 1.8 and earlier look up the Cluster API object by name only, so it may belong to an earlier cluster of the same
 * name.
 */
function ofPredecessor({ conditions, deletionRequested, createdAt }: ClusterDeployment): Contradiction[] {
  const summary = conditions.get('CAPIClusterSummary');
  if (summary === undefined || deletionRequested) return [];
  const begun = readTime(createdAt);
  const isDeletion = summary.reason === 'Deleting' || /^\s*\* Deleting:/.test(summary.message ?? '');
  const isOlder = begun !== null && summary.lastTransition !== null && summary.lastTransition < begun;
  if (!isDeletion && !isOlder) return [];
  const says = gistOf(summary.message ?? '') || summary.reason || summary.status;
  const words = isDeletion
    ? `but nobody asked for the deletion of this ClusterDeployment: it may speak of a cluster that had this name before`
    : `but it says so since before this ClusterDeployment was made: it may speak of another cluster of this name`;
  return [{ from: 'CAPIClusterSummary', message: `k0rdent says ${JSON.stringify(says)}, ${words}` }];
}

/** Cluster API has provisioned a cluster that k0rdent reports as Failed. */
function ofFailure(state: ClusterState, related: readonly RelatedObject[]): Contradiction[] {
  const cluster = related.find(({ kind }) => kind === 'Cluster');
  if (state !== 'Failed' || cluster?.state !== 'Provisioned') return [];
  return [{ from: 'Cluster', message: 'k0rdent says Failed, but the Cluster is Provisioned' }];
}

/** Kinds of objects that a cluster consists of: a problem with one contradicts Ready. */
const PARTS = ['HelmRelease', 'Cluster', 'MachinePool', 'Machine', 'ServiceSet'];
/** States of objects that are up. */
const UP = /^(Running|Provisioned|ready|deployed|no status)/;

function ofReady(state: ClusterState, related: readonly RelatedObject[]): Contradiction[] {
  if (state !== 'Ready') return [];
  const cut = related.filter((one) => one.kind === 'SveltosCluster' && isUnreachable(one));
  const found = cut.map(({ kind, state, problems }) => {
    const says = [state, ...problems.slice(0, 1)].join(': ');
    return { from: kind, message: `k0rdent says Ready, but its SveltosCluster cannot be reached: ${says}` };
  });
  const parts = PARTS.flatMap((kind) => {
    const bad = related.filter(
      (one) =>
        one.kind === kind && !SILENT.test(one.state) && (one.problems.length > 0 || !UP.test(one.state)),
    );
    const [first] = bad;
    if (first === undefined) return [];
    const more = bad.length > 1 ? `, and ${bad.length - 1} more` : '';
    return [
      { from: kind, message: `k0rdent says Ready, but the ${kind} ${first.name} ${isHow(first)}${more}` },
    ];
  });
  return [...found, ...parts];
}

/** States of objects that were not read or are on another cluster; they prove nothing. */
const SILENT = /^(denied|not there|on the cluster of region)/;

/** Describes an object: `is RollingOut: 1 of 3 machines`, `is Provisioning`, `reports NodeHealthy: not yet`. */
function isHow({ state, problems: [problem] }: RelatedObject): string {
  if (problem === undefined) return `is ${state}`;
  return NEGATIVE.has(problem.split(':', 1)[0] ?? '') ? `is ${problem}` : `reports ${problem}`;
}

/** kcm 1.8 and earlier may show the machines of a cluster of the same name in another namespace. */
function ofMachines(
  { conditions, region }: ClusterDeployment,
  related: readonly RelatedObject[],
): Contradiction[] {
  const message = conditions.get('CAPIClusterSummary')?.message ?? '';
  const machines = related.filter(({ kind }) => kind === 'Machine');
  const isUnknown = related.some(({ kind, state }) => kind === 'Machine' && state === 'denied');
  if (region !== null || isUnknown || !related.some(({ kind }) => kind === 'Cluster')) return [];
  const own = new Set(machines.map(({ name }) => name));
  const named = [...message.matchAll(/\bMachines? ([a-z0-9][a-z0-9.,\s-]*?):/g)].flatMap(([, names = '']) =>
    names.split(/,\s*/),
  );
  const foreign = [...new Set(named)].filter((name) => !own.has(name));
  if (foreign.length === 0) return [];
  const words = `k0rdent speaks of Machine ${foreign.join(', ')}, but this cluster has none of that name`;
  const advice = 'kcm 1.8 and earlier may show a cluster of the same name in another namespace';
  return [{ from: 'CAPIClusterSummary', message: `${words}: ${advice}` }];
}
