/** Determines who acts, and who commits. */
import { hostname, userInfo } from 'node:os';
import type { Actor } from '../model/operation/operation.js';
import type { Identity } from '../store/port/driver.js';
import type { Settings } from './settings.js';
import type { Environment } from './this-host.js';

/** Reads the identity from git's configuration. */
export function identityOf(config: ReadonlyMap<string, string>): Identity {
  return {
    name: config.get('user.name'),
    email: config.get('user.email'),
    editor: config.get('core.editor'),
  };
}

/** Returns the committer: the user's identity, or kgit's own if none is set. */
export function committerOf({ name, email }: Identity): Actor {
  return name && email ? { name, email } : { name: 'kgit', email: `kgit@${hostname()}` };
}

/** CI variables that name the user who started the job; the first one that is set counts. */
const CI_USERS = ['GITHUB_ACTOR', 'GITLAB_USER_LOGIN'];

/** Returns the user who started a CI job, and the variable that names them; null if there is none. */
export function ciUser(
  environment: Environment,
): { readonly variable: string; readonly name: string } | null {
  for (const variable of CI_USERS) {
    const name = environment[variable];
    if (name) return { variable, name };
  }
  return null;
}

/** Returns the actor: the setting, else CI's user, the user's identity (git's user.name), or the login name. */
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
    // A container may run under a uid without a user name.
    return environment['USER'] ?? environment['LOGNAME'] ?? 'unknown';
  }
}
