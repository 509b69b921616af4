import {
  CLUSTER_STATES,
  type ClusterFlag,
  type ClusterState,
  FAILED_STATES,
} from '../cluster/cluster-state.js';

/** The goal of `kgit wait`: a state, or that the cluster is gone. */
export type WaitGoal = ClusterState | 'deleted';

/** A cluster as seen at one moment; null: it does not exist. */
export interface Seen {
  readonly uid: string | null;
  readonly state: ClusterState;
  readonly flags: readonly ClusterFlag[];
}

/** `waiting`: not yet reached. `failed`: the cluster will not reach the goal by itself. */
export type Verdict = 'reached' | 'waiting' | 'failed';

const ON_ITS_WAY_OUT: readonly ClusterState[] = ['Deleting', 'DeleteFailing'];

/** Parses `ready`, `deleted` or another state, in upper or lower case; undefined if it is none of them. */
export function parseGoal(text: string): WaitGoal | undefined {
  const word = text.toLowerCase();
  if (word === 'deleted') return 'deleted';
  return CLUSTER_STATES.find((state) => state.toLowerCase() === word);
}

/**
 * Judges whether a cluster has reached `goal`. A missing cluster may still be created, unless it existed before
 * (`first`). A state that refers to an older spec (stale) is no verdict on the present one.
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
