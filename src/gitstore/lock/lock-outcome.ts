import { RefusedError } from '../../errors.js';
import { type PushFailure, pushOutcome, refStatuses } from '../branch/push-outcome.js';
import { refusalOf } from '../branch/refusals.js';
import type { GitResult } from '../process/git.js';
import type { RefMove } from './lock-commits.js';

/** Why an atomic push of locks failed. */
export type LockPushFailure = PushFailure | { readonly kind: 'fenced'; readonly names: readonly string[] };

/** The flag of a ref that moved as intended; `=` means that nothing was sent, so nothing was won. */
function expectedFlag({ from, isForced }: RefMove): string {
  return from === null ? '*' : isForced ? '+' : ' ';
}

/** A server's refusal to rewind a ref. It is not a lost race, wherever the ref is now. */
const NO_REWIND = /^\[remote rejected\] \(non-fast-?\s?forward\)/;

/** Whether the server reports a lost race for a ref: `is at`, `already exists`, `unable to resolve`. */
function lostAtServer(stderr: string, ref: string): boolean {
  const said = stderr.split('\n').filter((line) => line.includes(`cannot lock ref '${ref}'`));
  return said.some((line) => refusalOf(line)?.means === 'lost-race');
}

function notAtomic(remote: string): RefusedError {
  return new RefusedError(
    `${remote} cannot move several refs at once (no atomic push), so locks fence nothing there`,
    {
      data: { reason: 'no atomic push', remote },
      suggestions: [
        'Ask who runs the repository to allow it: git config receive.advertiseAtomic true',
        'Or write without --lock',
      ],
    },
  );
}

/**
 * Classifies `git push --porcelain --atomic` of locks, alone or with the branch: null if everything moved.
 * @param branch the state branch, for messages
 */
export function lockPushOutcome(
  result: GitResult,
  moves: readonly RefMove[],
  remote: string,
  branch: string,
): LockPushFailure | null {
  const statuses = new Map(
    refStatuses(result.stdout.toString('utf8')).map((status) => [status.ref, status] as const),
  );
  if (statuses.size === 0 && /does not support --atomic/.test(result.stderr))
    return { kind: 'refused', scope: 'locks', error: notAtomic(remote), isKnown: true };
  const isLost = (move: RefMove) => {
    const status = statuses.get(move.ref);
    if (status === undefined) return false;
    if (status.flag !== '!') return result.code === 0 && status.flag !== expectedFlag(move);
    if (move.isForced && NO_REWIND.test(status.reason)) return false;
    const said = `${status.reason}\n${result.stderr}`;
    return refusalOf(status.reason)?.means === 'lost-race' || lostAtServer(said, move.ref);
  };
  const names = moves.filter(isLost).map(({ name }) => name);
  return names.length > 0 ? { kind: 'fenced', names } : pushOutcome(result, remote, branch);
}
