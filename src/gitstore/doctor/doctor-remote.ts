import type { LockPlace } from '../../model/lease/lock-place.js';
import {
  type Check,
  CLOCK_FIX,
  finding,
  findingOf,
  MAX_SKEW_MS,
  passed,
  seconds,
  skewCheck,
} from '../../model/value/check.js';
import type { Clock } from '../../store/port/host.js';
import { push } from '../branch/push.js';
import { pushOutcome, remoteFailure } from '../branch/push-outcome.js';
import { type Git, type GitResult, withoutCredentials } from '../process/git.js';
import { RECEIVE_PACK, UPLOAD_PACK } from '../process/transfer-options.js';
import { cloneFault } from '../repository/clone-fault.js';
import { checkLocks } from './doctor-locks.js';

/** The ref that doctor's dry-run push would create. The branch itself would refuse a clone that is behind. */
const TRIAL_REF = 'refs/kgit/doctor';
/** A line of git's trace output: time, place in the source, text. */
const TRACE = /^\d\d:\d\d:\d\d\.\d+ \S+:\d+ .*$/gm;

export interface RemoteTarget {
  readonly remote: string;
  readonly url: string;
  readonly branch: string;
  /** The newest revision known here; null in an empty repository. */
  readonly revision: string | null;
  /** The lock place that the settings of that revision name; null if they name none. */
  readonly locks: LockPlace | null;
  /** ms */
  readonly timeout: number;
}

/** What the remote's answers showed. */
export interface RemoteAnswer {
  readonly checks: readonly Check[];
  /** How far this clock is ahead of the server's, in ms; null if the server does not send its time. */
  readonly skew: number | null;
}

/** Asks the remote for its branch and makes a dry run of a push. A clone that is behind gets the same answers. */
export async function askRemote(git: Git, target: RemoteTarget, clock: Clock): Promise<RemoteAnswer> {
  const pushed = tryPush(git, target);
  const list = await listBranch(git, target);
  const said = /<= Recv header: date: (.*)$/im.exec(list.stderr)?.[1];
  const time = said === undefined ? Number.NaN : Date.parse(said);
  const skew = Number.isNaN(time) ? null : clock.now() - time;
  const answer = await pushed;
  if (list.code === 0) {
    const checks = [reachable(target, list, answer), writable(target, answer)];
    // Only a push that was let in shows whether pushes can be atomic.
    if (answer.result?.code === 0) {
      const isBehind =
        list.stdout.length > 0 && !list.stdout.toString('utf8').startsWith(`${target.revision}\t`);
      checks.push(await checkLocks(git, target, { isAtomic: answer.isAtomic, isBehind }));
    }
    return { checks, skew };
  }
  const words = { ...list, stderr: list.stderr.replace(TRACE, '').trim() };
  return { checks: [findingOf('remote', remoteFailure(words, nameOf(target)).error)], skew };
}

const nameOf = ({ remote, url }: RemoteTarget) => `remote ${remote} (${withoutCredentials(url)})`;

function listBranch(git: Git, { remote, branch, timeout }: RemoteTarget): Promise<GitResult> {
  const traces = { GIT_TRACE_PACKET: '1', GIT_TRACE_CURL: '1', GIT_TRACE_CURL_NO_DATA: '1' };
  const args = ['ls-remote', UPLOAD_PACK, '--heads', '--end-of-options', remote, `refs/heads/${branch}`];
  return git.talk(remote, args, { timeout, env: traces, isTransfer: true });
}

interface PushAnswer {
  /** Null if there is nothing to push yet. */
  readonly result: GitResult | null;
  readonly isAtomic: boolean;
}

async function tryPush(git: Git, target: RemoteTarget): Promise<PushAnswer> {
  const { remote, revision, timeout } = target;
  if (revision === null) return { result: null, isAtomic: false };
  const args = ['--dry-run', '--porcelain', '--no-verify', '--no-follow-tags', '--no-signed', RECEIVE_PACK];
  const refs = ['--recurse-submodules=no', remote, `${revision}:${TRIAL_REF}`];
  const result = await push(git, remote, [...args, '--atomic', ...refs], { timeout, isTransfer: true });
  if (!/does not support --atomic/.test(result.stderr)) return { result, isAtomic: true };
  return {
    result: await push(git, remote, [...args, ...refs], { timeout, isTransfer: true }),
    isAtomic: false,
  };
}

function reachable(target: RemoteTarget, { stdout, stderr }: GitResult, push: PushAnswer): Check {
  const isThere = stdout.length > 0;
  const protocol = /< version ([12])$/m.exec(stderr)?.[1] ?? '0';
  const hasFilter = /< (?:fetch=.*| *[0-9a-f]{40} .*\\0.*)\bfilter\b/m.test(stderr);
  const facts = [
    isThere ? `has ${target.branch}` : `has no ${target.branch} yet: the first write creates it`,
    `protocol ${protocol}`,
    hasFilter ? 'partial clones' : 'no partial clones',
    ...(push.result?.code === 0 ? [push.isAtomic ? 'atomic push' : 'no atomic push'] : []),
  ];
  return passed('remote', `${nameOf(target)}: ${facts.join(', ')}`);
}

function writable(target: RemoteTarget, { result }: PushAnswer): Check {
  const name = 'write-access';
  if (result === null) return passed(name, 'nothing to push yet');
  const here = result.code === 0 ? null : cloneFault(result.stderr);
  if (here) return findingOf(name, here);
  const failure = pushOutcome(result, nameOf(target), target.branch);
  // A lost race shows that the push was let in.
  if (failure === null || failure.kind === 'moved' || failure.kind === 'busy')
    return passed(
      name,
      `a push to ${target.branch} is allowed; hooks and branch protection show only on a real write`,
    );
  return findingOf(name, failure.error);
}

/**
 * Compares this clock with the server's (`skew`) or, if that is unknown, with the date of the last commit.
 * @param committed when the last known commit was made, in ms since the epoch
 */
export function checkClock(now: number, skew: number | null, committed: number | null): Check {
  if (skew !== null) return skewCheck(skew);
  if (committed !== null && committed - now > MAX_SKEW_MS) {
    const says = `the last commit is ${seconds(committed - now)} ahead of this clock`;
    return finding('clock', says, `${CLOCK_FIX}; or that of the machine that wrote the commit (git log -1)`);
  }
  const why = committed === null ? 'nothing to compare with' : 'not behind the last commit';
  return passed('clock', `${why}; only an http(s) remote sends its time`);
}
