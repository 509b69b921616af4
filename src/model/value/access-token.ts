import { TOKEN_VARIABLES } from './token-variables.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The credentials for one host. */
export interface AccessToken {
  /** As the URL writes it, port included. */
  readonly host: string;
  readonly user: string;
  readonly token: string;
}

/** The variables that hold tokens or name their hosts; only git gets their values. */
const NAMES = [...TOKEN_VARIABLES, 'GITHUB_SERVER_URL', 'CI_SERVER_HOST', 'CI_SERVER_PORT'];

/** A host for comparison: without the default port of https. */
function normal(host: string): string {
  return host.toLowerCase().replace(/:443$/, '');
}

const WEB = /^https?:\/\/(?:[^/@]*@)?([^/?#]+)/i;
// The ssh port does not matter for https.
const OTHER_URL = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?([^/:?#]+)/i;
const SCP = /^(?:[^/@:]+@)?([^/:]+):/;

/** The host of a URL, for http with its port; null for a folder. */
export function hostOf(url: string): string | null {
  const host = (WEB.exec(url) ?? OTHER_URL.exec(url) ?? SCP.exec(url))?.[1];
  return host === undefined ? null : normal(host);
}

/** The part of the user's environment that holds tokens. */
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

/** The token for `host`, with the user name that its forge expects. */
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
 * The token in the environment for a remote; null if there is none for its host. Only https URLs without a password get
 * one. A user name in the URL is kept, as deploy tokens need it.
 * @param url as git uses it, `insteadOf` applied
 * @param isConfigured whether the user has configured this host: KGIT_TOKEN is for no other
 */
export function accessToken(url: string, variables: Environment, isConfigured: boolean): AccessToken | null {
  const match = /^https:\/\/(?:([A-Za-z0-9._~+-]+)@)?([A-Za-z0-9.-]+(?::\d+)?)(?:\/|$)/.exec(url);
  if (!match) return null;
  const [, named, host = ''] = match;
  const chosen = choose(normal(host), variables, isConfigured);
  return chosen && { host, user: named ?? chosen.user, token: chosen.token.trim() };
}
