import { hasToken } from '../../model/value/access-token.js';
import type { Git, GitResult } from './git.js';

type Environment = Readonly<Record<string, string | undefined>>;

const DENIED = /Authentication failed|could not read (Username|Password)|returned error: 40[13]|HTTP 40[13]/;

/**
 * Adds a line to the output of a failed command if git's configuration sends an authorization header: it overrides the
 * token of the environment, and may be left over from an earlier job.
 */
export async function namingExtraHeader(
  git: Git,
  remote: string,
  variables: Environment,
  result: GitResult,
): Promise<GitResult> {
  if (result.code === 0 || !DENIED.test(result.stderr) || !hasToken(variables)) return result;
  const url = (await git.run(['ls-remote', '--get-url', '--', remote])).stdout.toString('utf8').trim();
  const { stdout } = await git.run(['config', '--get-urlmatch', 'http.extraHeader', url]);
  if (!/^authorization:/i.test(stdout.toString('utf8'))) return result;
  return { ...result, stderr: `${result.stderr.trimEnd()}\nkgit: http.extraHeader is set for this host\n` };
}
