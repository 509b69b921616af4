import { RemoteError } from '../../errors.js';
import type { Clock } from '../../store/port/host.js';
import type { ProposalFailure } from '../../store/port/proposals.js';
import { backOffMs } from '../../store/publish/back-off.js';

/** Shortest time limit for one talk with the remote, in ms, whatever is left of the deadline. */
const TALK_MIN_MS = 1_000;

/** Time limit for one talk with the remote until `deadline`, in ms. */
export function talkMs(clock: Clock, deadline: number): number {
  return Math.max(deadline - clock.now(), TALK_MIN_MS);
}

/**
 * Tries to move a branch until it moved, the remote says no, or `deadline` (ms since the epoch) has passed. After a
 * lost race it waits a random time and starts anew.
 * @param attempt makes one try; returns its result, or why the branch did not move
 */
export async function untilMoved<T>(
  clock: Clock,
  deadline: number,
  attempt: () => Promise<{ readonly done: T } | { readonly failure: ProposalFailure }>,
): Promise<{ result: T; attempts: number }> {
  for (let attempts = 1; ; attempts++) {
    const tried = await attempt();
    if ('done' in tried) return { result: tried.done, attempts };
    const { failure } = tried;
    // If the outcome is unknown, the next try shows on the branch whether the push landed.
    const isTriedAgain = failure.kind === 'moved' || failure.kind === 'busy' || failure.kind === 'unknown';
    if (!isTriedAgain) throw failure.error;
    if (clock.now() >= deadline) {
      if (failure.kind === 'unknown') throw failure.error;
      throw new RemoteError(`others moved the branch ${attempts} times before the timeout`, {
        suggestions: ['Run the command again, or give more time with --timeout'],
        data: { attempts },
      });
    }
    await clock.sleep(Math.min(backOffMs(clock, attempts), Math.max(deadline - clock.now(), 0)));
  }
}
