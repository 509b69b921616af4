import {
  CLUSTER_STATES,
  type ClusterFlag,
  type ClusterState,
  FAILED_STATES,
} from '../cluster/cluster-state.js';

/** What `kgit wait` waits for: a state, or that the cluster is gone. */
export type WaitGoal = ClusterState | 'deleted';

/** A cluster as it is seen at one moment; null: it is not there. */
export interface Seen {
  readonly uid: string | null;
  readonly state: ClusterState;
  readonly flags: readonly ClusterFlag[];
}

/** `waiting`: not yet. `failed`: it will not come by itself. */
export type Verdict = 'reached' | 'waiting' | 'failed';

const ON_ITS_WAY_OUT: readonly ClusterState[] = ['Deleting', 'DeleteFailing'];

/** `ready`, `deleted` or a state, in any case; undefined where it is none. */
export function parseGoal(text: string): WaitGoal | undefined {
  const word = text.toLowerCase();
  if (word === 'deleted') return 'deleted';
  return CLUSTER_STATES.find((state) => state.toLowerCase() === word);
}

/**
 * How far a cluster is from `goal`. What is not there may still be made, unless it was there before (`first`). A state
 * that speaks of an older spec (stale) is no verdict on the present one.
 */
export function judge(goal: WaitGoal, first: Seen | null, now: Seen | null): Verdict {
  const isAnother = first !== null && now !== null && first.uid !== now.uid;
  if (goal === 'deleted') {
    if (now === null || isAnother) return 'reached';
    return now.state === 'DeleteFailing' ? 'failed' : 'waiting';
  }
  if (now === null) return first === null ? 'waiting' : 'failed';
  if (now.state === goal && (goal === 'New' || !now.flags.includes('stale'))) return 'reached';
  if (ON_ITS_WAY_OUT.includes(now.state))
    return ON_ITS_WAY_OUT.includes(goal) && now.state === 'Deleting' ? 'waiting' : 'failed';
  return FAILED_STATES.includes(now.state) && !now.flags.includes('stale') ? 'failed' : 'waiting';
}
