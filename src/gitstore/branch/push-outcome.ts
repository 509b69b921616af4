import { EnvironmentError, RefusedError, RemoteError } from '../../errors.js';
import type { RefusedScope, SwapOutcome } from '../../store/port/state-store.js';
import { type GitResult, gitFailed, TIMED_OUT, withoutCredentials } from '../process/git.js';
import { BROKEN_OFF, type FaultKind, remoteFault } from '../process/remote-fault.js';
import { cloneFault, isDiskHere } from '../repository/clone-fault.js';
import { type Refusal, refusalOf } from './refusals.js';

/**
 * Classifies how a push ended. The texts are git's own, in English (LC_ALL=C), and those of servers and forges; each
 * has a row in `test/gitstore/branch/push-outcome.test.ts`.
 */

const LOCK_THERE = /Unable to create '[^']*?([^'/]+\.lock)': File exists/;
const CLASH = /'([^']+)' exists; cannot create '([^']+)'/;

/** Progress and advice of git and ssh that say nothing about the failure, and ssh's box around a changed host key. */
const NOISE =
  /^(To |From | [ *+=-] |hint:|Please make sure|and the repository exists|Cloning into|(remote: )?[A-Z][a-z]+ [a-z]+: +\d|@|IT IS POSSIBLE|Someone could be|It is also possible|Please contact)|^fatal: Could not read from remote|^error: failed to push some refs to /;

function lastWords(stderr: string): string {
  const lines = withoutCredentials(stderr)
    .replace(/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, ' ')
    .split(/[\r\n]/)
    // A server that talks to another one passes on its `remote:` lines; empty lines are only for looks.
    .map((line) => line.trimEnd().replace(/^remote:(\s+remote:)*\s*/, 'remote: '))
    .filter((line) => !NOISE.test(line))
    .map((line) => line.replace(/^(remote: )?(fatal|error):( |$)/, '$1'))
    .filter((line) => line && line !== 'remote: ');
  return lines.slice(0, 4).join('; ').slice(0, 500);
}

/**
 * The error of a fetch or push that failed before it reached the branch, from git's output.
 * @param retry the command that tries again
 */
export function remoteFailure(
  result: GitResult,
  remote: string,
  retry = "'kgit sync'",
): { kind: FaultKind; error: RemoteError } {
  const isLate = result.code === TIMED_OUT;
  const { cause, kind, says, advice } = remoteFault(isLate ? 'timed out' : result.stderr);
  const detail = isLate ? '' : lastWords(result.stderr);
  const error = new RemoteError(`${remote}: ${says}${detail ? ` (${detail})` : ''}`, {
    data: { remote: kind, cause },
    suggestions:
      kind === 'denied' ? [advice, `Then run ${retry}`] : [`Run ${retry.replace(/ again$/, '')} ${advice}`],
  });
  return { kind, error };
}

/** Messages of a clone that git may not write to. */
const READ_ONLY_HERE =
  /^(?!remote:).*(Read-only file system|insufficient permission for adding an object|[Uu]nable to create '[^']*': Permission denied|[Uu]nable to create temporary file( '[^']*')?: Permission denied|unable to create directory for )/m;

/** The error of a failed fetch or clone: of this machine if it cannot store the data, else of the remote. */
export function fetchFailure(
  result: GitResult,
  remote: string,
  retry?: string,
): EnvironmentError | RemoteError {
  if (isDiskHere(result.stderr)) return gitFailed(['fetch'], result.code, result.stderr);
  if (READ_ONLY_HERE.test(result.stderr))
    return new EnvironmentError(`what ${remote} has cannot be kept: this clone is read-only for you`, {
      data: { command: 'fetch', code: result.code },
      suggestions: ['Make the repository writable for you, or read the remote by its URL: --repo URL'],
    });
  return cloneFault(result.stderr) ?? remoteFailure(result, remote, retry).error;
}

/** Status of one ref, from `git push --porcelain`. */
export interface RefStatus {
  readonly ref: string;
  readonly flag: string;
  readonly reason: string;
}

/** Parses the status of each ref from the output of `git push --porcelain`. */
export function refStatuses(stdout: string): RefStatus[] {
  return stdout.split('\n').flatMap((line) => {
    const [, flag, ref, reason] = /^([ +*=!-])\t[^\t]*:([^\t:]*)\t(.*)$/.exec(line) ?? [];
    return flag && ref && reason ? [{ flag, ref, reason }] : [];
  });
}

/** A push that the remote refused, and that fails again if it is repeated as it is. */
export interface PushRefusal {
  readonly kind: 'refused';
  readonly error: RefusedError;
  readonly scope?: RefusedScope;
  /** Whether its words are a known refusal; unknown ones may hide a lost race. */
  readonly isKnown: boolean;
}

/** Why a push of one ref failed. */
export type PushFailure = Exclude<SwapOutcome, { kind: 'swapped' | 'refused' | 'fenced' }> | PushRefusal;

/** The error for a ref that the server has locked. @param file the lock file */
function lockedThere(file: string): RemoteError {
  return new RemoteError(`the remote is locked (${file})`, {
    suggestions: [
      "Run 'kgit sync' later; if it stays, who runs the remote has to remove the file: a process that died left it",
    ],
    data: { lock: file },
  });
}

/** The error for a ref that cannot be made because one above or below it exists: to git, `a` is a file or a folder. */
function refClash(remote: string, there: string, wanted: string): RefusedError {
  return new RefusedError(`${remote} has ${there}, so it cannot have ${wanted} beside it`, {
    data: { cause: 'ref-clash', reason: 'ref clash', there, wanted },
    suggestions: [
      `Ask who needs ${there}; if nobody does: git push REMOTE :${there}, then 'kgit sync'`,
      'Or keep the state on a branch of another name: --repo DIR#BRANCH',
    ],
  });
}

const KEPT =
  "The write is kept: 'kgit outbox' shows it, 'kgit sync' publishes it, 'kgit outbox retry --propose' proposes it";

/** The error of a push, or of a file in it, that exceeds the server's limit. */
function tooLarge(result: GitResult, remote: string): PushRefusal {
  const detail = lastWords(result.stderr).replaceAll('remote: ', '');
  const error = new RefusedError(`${remote} does not take so much at once${detail ? ` (${detail})` : ''}`, {
    data: { cause: 'too-large', reason: 'too large' },
    suggestions: [
      'Ask who runs the repository to allow larger pushes (nginx: client_max_body_size; git: receive.maxInputSize)',
      "Or write less at once; 'kgit outbox' shows what waits",
    ],
  });
  return { kind: 'refused', error, scope: 'size', isKnown: true };
}

/** The outcome for a server that knows us but lets us write nothing, or that itself failed. */
function serverSays(result: GitResult, remote: string, means: 'denied' | 'server-fault'): PushFailure {
  const detail = lastWords(result.stderr).replaceAll('remote: ', '');
  const words = detail ? ` (${detail})` : '';
  if (means === 'denied') {
    const error = new RemoteError(`${remote}: you may not do this there${words}`, {
      data: { remote: 'denied', cause: 'forbidden' },
      suggestions: ['Ask for write access, or use a token or deploy key that has it', "Then run 'kgit sync'"],
    });
    return { kind: 'denied', error };
  }
  const error = new RemoteError(`${remote}: the server reports an error${words}`, {
    data: { remote: 'unreachable', cause: 'server-error' },
    suggestions: ["Run 'kgit sync' when it is well again"],
  });
  return { kind: 'unreachable', error };
}

/** The outcome of a push that failed before any ref had a status. Throws EnvironmentError. */
function notTold(result: GitResult, remote: string): PushFailure {
  const here = cloneFault(result.stderr);
  if (here) throw here;
  const means = refusalOf(result.stderr)?.means;
  if (means === 'too-large') return tooLarge(result, remote);
  if (means === 'denied' || means === 'server-fault') return serverSays(result, remote, means);
  const failure = remoteFailure(result, remote);
  // Once the objects are sent, a broken connection does not tell whether the branch moved.
  const sent = result.code === TIMED_OUT || BROKEN_OFF.test(result.stderr);
  return sent && failure.kind === 'unreachable' ? { kind: 'unknown', error: failure.error } : failure;
}

/** The outcome for a ref that the server refused, with the server's own words. */
function refusal(
  result: GitResult,
  { ref, reason: said }: RefStatus,
  { remote, branch }: { readonly remote: string; readonly branch: string },
  known: Refusal | null,
): PushRefusal {
  const reason = /\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*$/.exec(said)?.[1] ?? said;
  const words = result.stderr.split('\n').filter((line) => line.startsWith('remote:'));
  const detail = lastWords(words.join('\n')).replaceAll('remote: ', '');
  const target = ref === `refs/heads/${branch}` ? branch : ref;
  const error = new RefusedError(
    `${remote} refuses the push to ${target}: ${withoutCredentials(reason)}${detail ? ` (${detail})` : ''}`,
    {
      data: { reason, branch: target },
      suggestions: [`Ask who runs the repository to let you, or kgit's deploy key, push to ${target}`, KEPT],
    },
  );
  const scope = known?.scope;
  const isKnown = known !== null && known.means !== 'other-ref';
  return { kind: 'refused', error, isKnown, ...(scope ? { scope } : {}) };
}

/**
 * Classifies `git push --porcelain`: null if the branch moved, else why it did not. Throws EnvironmentError if
 * something in this clone kept git from pushing.
 */
export function pushOutcome(result: GitResult, remote: string, branch: string): PushFailure | null {
  const statuses = refStatuses(result.stdout.toString('utf8'));
  const failed = statuses.filter(({ flag }) => flag === '!');
  // The failure of another ref is not a cause.
  const isCause = ({ reason }: RefStatus) => refusalOf(reason)?.means !== 'other-ref';
  const status = failed.find(isCause) ?? failed[0] ?? statuses[0];
  // A server may die after it moved the branch: its status counts, whatever git's exit code is.
  if (status && status.flag !== '!') return null;
  if (!status) return notTold(result, remote);
  const said = `${status.reason}\n${result.stderr}`;
  const clash = CLASH.exec(said);
  if (clash)
    return { kind: 'refused', error: refClash(remote, clash[1] ?? '', clash[2] ?? ''), isKnown: true };
  const known = refusalOf(said);
  switch (known?.means) {
    case 'held-lock':
    case 'lost-race': {
      const lock = LOCK_THERE.exec(said)?.[1];
      return lock ? { kind: 'busy', error: lockedThere(lock) } : { kind: 'moved' };
    }
    case 'too-large':
      return tooLarge(result, remote);
    case 'denied':
    case 'server-fault':
      return serverSays(result, remote, known.means);
  }
  const failure = remoteFailure(result, remote);
  if (status.reason.includes('(remote failed to report status)'))
    return { kind: 'unknown', error: failure.error };
  // A fault of the server's disk or objects is not a refusal of this push.
  const { causeWord: cause } = failure.error;
  const isUnpacking = /\((unpacker error|missing necessary objects)\)/.test(status.reason);
  if (isUnpacking && (cause === 'disk-full' || cause === 'damaged')) return failure;
  // Bad objects may be in the history or in this push: pushing each write alone shows which write has them.
  if (isUnpacking && cause === 'bad-objects')
    return { kind: 'denied', error: failure.error, scope: 'commits' };
  if (cause === 'remote-broken-ref') return failure;
  return refusal(result, status, { remote, branch }, known);
}
