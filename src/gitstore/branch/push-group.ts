import { createHash } from 'node:crypto';
import type { Actor } from '../../model/operation/operation.js';
import type { Git } from '../process/git.js';

/** Settings of git that decide how a remote is reached, by whom, and with which options. */
const SETTING = /^(credential|http|push|remote|ssh|url)\.|^core\.(askpass|gitproxy|sshcommand)$/;
/** The same of the environment that git sees. */
const VARIABLE = /^(GIT_.*|SSH_ASKPASS|SSH_AUTH_SOCK|HOME|KRB5CCNAME|.*_proxy)$/i;

/**
 * A digest of who commits, and of all that decides how the remote is reached. Clones in which it differs push nothing for
 * each other: the server may let one of them do what it refuses the other.
 */
export function pushGroup(git: Git, committer: Actor, config: ReadonlyMap<string, string>): string {
  const variables = Object.entries({ ...git.environment, ...git.tokens }).filter(
    ([name]) => VARIABLE.test(name) || name in git.tokens,
  );
  const settings = [...config].filter(([key]) => SETTING.test(key));
  const text = JSON.stringify([committer.name, committer.email, variables.sort(), settings.sort()]);
  return createHash('sha256').update(text).digest('hex');
}
