import { TOKEN_VARIABLES } from '../../model/value/token-variables.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What git is told for one host. */
export interface AccessToken {
  /** As the URL writes it, port included. */
  readonly host: string;
  readonly user: string;
  readonly token: string;
}

/** The variables that hold tokens, and those that name their hosts; git alone gets what they hold. */
const NAMES = [...TOKEN_VARIABLES, 'GITHUB_SERVER_URL', 'CI_SERVER_HOST', 'CI_SERVER_PORT'];

/** A host as it is compared: without the port that https has anyway. */
function normal(host: string): string {
  return host.toLowerCase().replace(/:443$/, '');
}

const WEB = /^https?:\/\/(?:[^/@]*@)?([^/?#]+)/i;
// The port of ssh says nothing of that of https.
const OTHER_URL = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?([^/:?#]+)/i;
const SCP = /^(?:[^/@:]+@)?([^/:]+):/;

/** The host that a URL of any kind names, of http with its port; null for a folder. */
export function hostOf(url: string): string | null {
  const host = (WEB.exec(url) ?? OTHER_URL.exec(url) ?? SCP.exec(url))?.[1];
  return host === undefined ? null : normal(host);
}

/** The part of the user's environment that tokens are read from. */
export function tokenVariables(environment: Environment): Environment {
  return Object.fromEntries(NAMES.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
}

/** Whether there is any token at all. */
export function hasToken(variables: Environment): boolean {
  return TOKEN_VARIABLES.some((name) => variables[name]);
}

function githubHost(variables: Environment): string {
  const server = variables['GITHUB_SERVER_URL'] ?? 'https://github.com';
  return normal(/^https:\/\/([^/?#@]+)\/?$/.exec(server)?.[1] ?? '');
}

function gitlabHost({ CI_SERVER_HOST: host, CI_SERVER_PORT: port }: Environment): string {
  return host ? normal(port ? `${host}:${port}` : host) : '';
}

/** The token for `host`, with the user name that its forge wants to hear. */
function choose(
  host: string,
  variables: Environment,
  isConfigured: boolean,
): { user: string; token: string } | null {
  const { KGIT_TOKEN: own, GITLAB_TOKEN: gitlab, CI_JOB_TOKEN: job } = variables;
  const isGitlab = host === gitlabHost(variables);
  const user = isGitlab ? 'oauth2' : 'x-access-token';
  if (own && isConfigured) return { user, token: own };
  const github = variables['GH_TOKEN'] ?? variables['GITHUB_TOKEN'];
  if (github && host === githubHost(variables)) return { user, token: github };
  if (isGitlab && gitlab) return { user, token: gitlab };
  return isGitlab && job ? { user: 'gitlab-ci-token', token: job } : null;
}

/**
 * The token that the environment has for a remote; null where it has none for that host. Only https is
 * answered, and a URL that has a password of its own is not. A user name of the URL stays, as deploy tokens need.
 * @param url as git uses it, `insteadOf` applied
 * @param isConfigured whether its host is the one that the user has configured, for which KGIT_TOKEN is meant
 */
export function accessToken(url: string, variables: Environment, isConfigured: boolean): AccessToken | null {
  const match = /^https:\/\/(?:([A-Za-z0-9._~+-]+)@)?([A-Za-z0-9.-]+(?::\d+)?)(?:\/|$)/.exec(url);
  if (!match) return null;
  const [, named, host = ''] = match;
  const chosen = choose(normal(host), variables, isConfigured);
  return chosen && { host, user: named ?? chosen.user, token: chosen.token.trim() };
}
