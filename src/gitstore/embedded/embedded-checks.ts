import { type Check, findingOf, passed } from '../../model/value/check.js';
import type { Inspection, StoreChecks } from '../../store/port/driver.js';
import { pushOutcome, remoteFailure } from '../branch/push-outcome.js';
import type { HttpRemote } from './http-remote.js';

/** What is checked. */
export interface CheckedRemote {
  /** Null for a purely local repository. */
  readonly remote: HttpRemote | null;
  /** Name and address, for messages. */
  readonly shown: string;
  /** The state branch. */
  readonly branch: string;
}

/** A ref that no server has, and a commit that it is not at: a push that moves it is let in and changes nothing. */
const TRIAL = { ref: 'refs/kgit/doctor', from: '1'.repeat(40), to: null };

async function askRemote(
  { remote, shown, branch }: CheckedRemote,
  timeoutMs: number,
): Promise<readonly Check[]> {
  if (remote === null) return [passed('remote', 'none: the repository is purely local')];
  const ref = `refs/heads/${branch}`;
  const { tips, result } = await remote.tips([ref], timeoutMs);
  if (tips === null) return [findingOf('remote', remoteFailure(result, shown).error)];
  const has = tips.has(ref) ? `has ${branch}` : `has no ${branch} yet: the first write creates it`;
  const reached = passed('remote', `${shown}: ${has}, protocol 2`);
  const pushed = await remote.push([TRIAL], { isAtomic: false, timeoutMs });
  const failure = pushOutcome(pushed, shown, branch);
  const isLetIn = failure === null || failure.kind === 'moved' || failure.kind === 'busy';
  const says = `a push to ${branch} is allowed; hooks and branch protection show only on a real write`;
  return [reached, isLetIn ? passed('write-access', says) : findingOf('write-access', failure.error)];
}

/** The checks of a repository without the git program: whether its remote answers, and lets this user push. */
export function embeddedChecks(checked: CheckedRemote, { timeout }: Inspection): StoreChecks {
  return { files: [], store: [{ name: 'remote', look: () => askRemote(checked, timeout) }] };
}
