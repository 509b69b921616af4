import type { Git, GitCall, GitResult } from '../process/git.js';

const NO_PUSH_OPTIONS = /^fatal: the receiving end does not support push options/m;

/** A push as it ended. */
export interface PushResult extends GitResult {
  /** What the user should know. */
  readonly notes: readonly string[];
}

/**
 * Pushes to a remote. A server that takes no push options is pushed to without those of the user's `push.pushOption`,
 * which could not have had any effect there.
 * @param args what follows `git push`
 */
export async function push(
  git: Git,
  remote: string,
  args: readonly string[],
  call: GitCall,
): Promise<PushResult> {
  const result = await git.talk(remote, ['push', ...args], call);
  if (!NO_PUSH_OPTIONS.test(result.stderr)) return { ...result, notes: [] };
  // An empty value clears those of the configuration.
  const without = await git.talk(remote, ['-c', 'push.pushOption=', 'push', ...args], call);
  return {
    ...without,
    notes: ["the remote takes no push options: those of git's push.pushOption were left out"],
  };
}
