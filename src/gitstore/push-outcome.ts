import { RefusedError, RemoteError } from '../errors.js';
import type { SwapOutcome } from '../store/state-store.js';
import { type GitResult, TIMED_OUT, withoutCredentials } from './git.js';

/**
 * What a failed talk with a remote means. The texts are git's own, in English (LC_ALL=C), and those that
 * servers and forges send; each has a row in `test/gitstore/push-outcome.test.ts`.
 */

const LOST_RACE =
  /\(fetch first\)|\(non-fast-forward\)|\(stale info\)|is at [0-9a-f]+ but expected [0-9a-f]+|reference already exists|incorrect old value|Unable to create '[^']*\.lock': File exists/;
const CLASH = /exists; cannot create/;
const DENIED =
  /Authentication failed|could not read (Username|Password)|Permission denied \(|Permission to \S+ denied|HTTP Basic: Access denied|returned error: 40[134]|not found|does not (exist|appear to be a git repository)|access rights|Host key verification failed|certificate|SSL|Repository unavailable|transport '\S+' not allowed/i;
/** Comes before DENIED: over ssh git adds its words on access rights to every failure. */
const UNREACHABLE =
  /Connection (refused|timed out|closed|reset)|Operation timed out|Could not resolve host|Name or service not known|Temporary failure in name resolution|Network is (unreachable|down)|No route to host|Host is down/i;
const BROKEN_OFF =
  /unexpected disconnect|hung up unexpectedly|early EOF|RPC failed|Connection reset|Broken pipe/i;

function lastWords(stderr: string): string {
  const lines = withoutCredentials(stderr)
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !/^(To |hint:|Please make sure|and the repository exists)/.test(line));
  return lines.slice(0, 4).join('; ').slice(0, 500) || 'no reason given';
}

/** The error of a fetch or push that never came to the branch, by what git wrote. */
export function remoteFailure(
  result: GitResult,
  remote: string,
): { kind: 'denied' | 'unreachable'; error: RemoteError } {
  if (result.code === TIMED_OUT) {
    const error = new RemoteError(`${remote} did not answer in time`, {
      data: { cause: 'timeout' },
      suggestions: ["Run 'kgit sync' when it answers again, or give more time with --timeout"],
    });
    return { kind: 'unreachable', error };
  }
  const denied = !UNREACHABLE.test(result.stderr) && DENIED.test(result.stderr);
  const error = new RemoteError(`${remote}: ${lastWords(result.stderr)}`, {
    data: { cause: denied ? 'denied' : 'unreachable' },
    suggestions: denied
      ? ["Check the remote's address and your access to it: git ls-remote", "Then run 'kgit sync'"]
      : ["Run 'kgit sync' when the network is back"],
  });
  return { kind: denied ? 'denied' : 'unreachable', error };
}

/** The reason that a server gave for one ref, of `git push --porcelain`. */
function refStatus(stdout: string): { flag: string; reason: string } | null {
  for (const line of stdout.split('\n')) {
    const match = /^([ +*=!-])\t[^\t]*\t(.*)$/.exec(line);
    if (match) return { flag: match[1] as string, reason: match[2] as string };
  }
  return null;
}

/** How a push of one branch ended, but for success. */
export type PushFailure = Exclude<SwapOutcome, { kind: 'swapped' | 'blocked' }>;

/** Classifies `git push --porcelain`: null when the branch moved, else why it did not. */
export function pushOutcome(result: GitResult, remote: string, branch: string): PushFailure | null {
  const status = refStatus(result.stdout.toString('utf8'));
  if (result.code === 0 && status && status.flag !== '!') return null;
  if (!status) {
    const failure = remoteFailure(result, remote);
    // Once the objects were sent, a broken line does not tell whether the branch moved.
    const sent = result.code === TIMED_OUT || BROKEN_OFF.test(result.stderr);
    return sent && failure.kind === 'unreachable' ? { kind: 'unknown', error: failure.error } : failure;
  }
  const said = `${status.reason}\n${result.stderr}`;
  if (!CLASH.test(said) && LOST_RACE.test(said)) return { kind: 'moved' };
  const reason = /\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*$/.exec(status.reason)?.[1] ?? status.reason;
  const words = result.stderr.split('\n').filter((line) => line.startsWith('remote:'));
  const detail = lastWords(words.join('\n')).replaceAll('remote: ', '');
  const error = new RefusedError(
    `${remote} refuses the push to ${branch}: ${withoutCredentials(reason)}${words.length > 0 ? ` (${detail})` : ''}`,
    {
      data: { reason, branch },
      suggestions: [
        `Ask who runs the repository to let you, or kgit's deploy key, push to ${branch}`,
        "The write is kept: 'kgit outbox' shows it, 'kgit sync' publishes it",
      ],
    },
  );
  return { kind: 'refused', error };
}
