import type { ClusterFlag, ClusterState } from '../../../k0rdent/cluster/cluster-state.js';
import { formatAge } from '../../../model/value/time.js';
import type { Colour } from '../../../terminal/style.js';

/** Colour of each state. */
export const STATE_COLOURS: Readonly<Record<ClusterState, Colour>> = {
  New: 'cyan',
  Provisioning: 'cyan',
  Updating: 'cyan',
  Ready: 'green',
  ServicesPending: 'yellow',
  ServicesFailed: 'red',
  Failed: 'red',
  Paused: 'magenta',
  Deleting: 'yellow',
  DeleteFailing: 'red',
  DryRunValid: 'blue',
  DryRunInvalid: 'red',
};

/** Flags that a state implies, which are not repeated beside it. */
const IMPLIED: Readonly<Partial<Record<ClusterState, ClusterFlag>>> = {
  DryRunValid: 'dry-run',
  DryRunInvalid: 'dry-run',
  Paused: 'paused',
  New: 'stale',
};

/** Formats the flags that the state does not imply, for people. */
export function shownFlags(cluster: { state: ClusterState; flags: readonly ClusterFlag[] }): string {
  return cluster.flags.filter((flag) => flag !== IMPLIED[cluster.state]).join(', ');
}

/** Formats the age of an RFC 3339 time; empty if there is none. */
export function ageSince(text: string | null, now: number): string {
  const time = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? '' : formatAge(now - time);
}
