import { RefusedError } from '../../errors.js';
import type { Revision } from '../../store/port/state-store.js';
import type { RefMove } from '../lock/lock-commits.js';
import { type LockPushFailure, lockPushOutcome } from '../lock/lock-outcome.js';
import type { GitResult } from '../process/git.js';
import type { Remote } from './git-remote.js';
import { type PushRefusal, refStatuses, remoteFailure } from './push-outcome.js';

/** One push that moves the state branch, together with locks. */
export interface BranchPush {
  /** The remote's name and address, for messages. */
  readonly remoteName: string;
  readonly branch: string;
  /** Where the branch must be at the remote; null if it must not exist. */
  readonly from: Revision | null;
  /** A revision built on `from`. */
  readonly to: Revision;
  readonly locks: readonly RefMove[];
  readonly timeoutMs: number;
}

export interface BranchPushed {
  /** Why the branch did not move; null if it did. */
  readonly failure: LockPushFailure | null;
  /** Notes for the user. */
  readonly notes: readonly string[];
}

/** Moves the branch at the remote. */
export async function pushBranch(remote: Remote, move: BranchPush): Promise<BranchPushed> {
  const { remoteName, branch, from, to, locks, timeoutMs } = move;
  const ref = `refs/heads/${branch}`;
  const call = { isAtomic: locks.length > 0, timeoutMs };
  const result = await remote.push([{ ref, from, to }, ...locks], call);
  const failure = lockPushOutcome(result, locks, remoteName, branch);
  const { notes } = result;
  if (failure === null && !saysMoved(result, ref, to))
    return { failure: await askTip(remote, move, result), notes };
  if (failure?.kind !== 'refused' || failure.isKnown) return { failure, notes };
  return { failure: await believed(remote, move, failure), notes };
}

/** Checks a refusal in unknown words against the refs: it may be a lost race. */
async function believed(
  remote: Remote,
  move: BranchPush,
  failure: PushRefusal,
): Promise<LockPushFailure | null> {
  const { branch, from, to, locks, timeoutMs } = move;
  const ref = `refs/heads/${branch}`;
  const { tips } = await remote.tips([ref, ...locks.map((lock) => lock.ref)], timeoutMs);
  // The remote gives no answer, so its first one stands.
  if (tips === null) return failure;
  const lost = locks.filter((lock) => (tips.get(lock.ref) ?? null) !== lock.from);
  const tip = tips.get(ref) ?? null;
  if (tip === to) return null;
  if (lost.length > 0) return { kind: 'fenced', names: lost.map(({ name }) => name) };
  return tip === from ? failure : { kind: 'moved' };
}

/** Whether the answer to a push says that `ref` is now at `to`. */
function saysMoved(result: GitResult, ref: string, to: Revision): boolean {
  return refStatuses(result.stdout.toString('utf8')).some((status) => {
    if (status.ref !== ref) return false;
    if (status.flag === '*' || status.flag === '=') return true;
    const tip = /^[0-9a-f]+\.\.\.?([0-9a-f]+)/.exec(status.reason)?.[1];
    return tip !== undefined && to.startsWith(tip);
  });
}

/**
 * Asks for the branch after the server accepted the push but named another ref or tip: its hook did something else with
 * the push.
 */
async function askTip(remote: Remote, move: BranchPush, result: GitResult): Promise<LockPushFailure | null> {
  const { remoteName, branch, from, to, timeoutMs } = move;
  const ref = `refs/heads/${branch}`;
  const asked = await remote.tips([ref], timeoutMs);
  if (asked.tips === null) return { kind: 'unknown', error: remoteFailure(asked.result, remoteName).error };
  const tip = asked.tips.get(ref) ?? null;
  if (tip === to) return null;
  // The server may have put commits of its own there, with the same events: the next fetch shows it.
  if (tip !== from) return { kind: 'moved' };
  const answered = refStatuses(result.stdout.toString('utf8')).map((status) => status.ref);
  const named = answered.filter((name) => name !== ref);
  const error = new RefusedError(
    `${remoteName} accepted the push to ${branch} and did not move the branch${named.length > 0 ? `; it named ${named.join(', ')}` : ''}`,
    {
      data: { reason: 'branch not moved', branch, answered },
      suggestions: [
        'Ask who runs the repository what its hook for pushes (proc-receive) does with them, such as opening a review',
        "The write is kept: 'kgit outbox' shows it, 'kgit sync' publishes it, 'kgit outbox retry --propose' proposes it",
      ],
    },
  );
  return { kind: 'refused', error, isKnown: true };
}
