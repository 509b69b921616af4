/** Who acts, and who commits. */
import { hostname, userInfo } from 'node:os';
import type { Actor } from '../model/operation/operation.js';
import type { Identity } from '../store/port/driver.js';
import type { Settings } from './settings.js';
import type { Environment } from './this-host.js';

/** The identity in git's configuration. */
export function identityOf(config: ReadonlyMap<string, string>): Identity {
  return {
    name: config.get('user.name'),
    email: config.get('user.email'),
    editor: config.get('core.editor'),
  };
}

/** The committer: the user's identity, or kgit's own where none is set. */
export function committerOf({ name, email }: Identity): Actor {
  return name && email ? { name, email } : { name: 'kgit', email: `kgit@${hostname()}` };
}

/** Variables in which CI names who started the job; the first that is set counts. */
const CI_USERS = ['GITHUB_ACTOR', 'GITLAB_USER_LOGIN'];

/** Who started a job of CI, and the variable that says so; null where none does. */
export function ciUser(
  environment: Environment,
): { readonly variable: string; readonly name: string } | null {
  for (const variable of CI_USERS) {
    const name = environment[variable];
    if (name) return { variable, name };
  }
  return null;
}

/** Who acts: the setting, CI's actor, the user's identity (git's user.name), the login name, in this order. */
export function actorOf(settings: Settings, environment: Environment, identity: Identity): Actor {
  const named = settings.user ?? ciUser(environment)?.name;
  const name = named ?? identity.name ?? loginName(environment);
  const host = hostname();
  if (identity.email && (named === undefined || named === identity.name))
    return { name, email: identity.email };
  return {
    name,
    email: name.includes('@') ? name : `${name.toLowerCase().replace(/[^a-z0-9._-]+/g, '.')}@${host}`,
  };
}

function loginName(environment: Environment): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return environment['USER'] ?? environment['LOGNAME'] ?? 'unknown';
  }
}
