import type { Git, GitCall, GitResult } from '../process/git.js';

const NO_PUSH_OPTIONS = /^fatal: the receiving end does not support push options/m;

/** Result of a push. */
export interface PushResult extends GitResult {
  /** Notes for the user. */
  readonly notes: readonly string[];
}

/**
 * Pushes to a remote. If the server takes no push options, pushes again without those of the user's `push.pushOption`,
 * which could have no effect there.
 * @param args the arguments of `git push`
 */
export async function push(
  git: Git,
  remote: string,
  args: readonly string[],
  call: GitCall,
): Promise<PushResult> {
  const result = await git.talk(remote, ['push', ...args], call);
  if (!NO_PUSH_OPTIONS.test(result.stderr)) return { ...result, notes: [] };
  // An empty value clears the configured ones.
  const without = await git.talk(remote, ['-c', 'push.pushOption=', 'push', ...args], call);
  return {
    ...without,
    notes: ["the remote takes no push options: those of git's push.pushOption were left out"],
  };
}
