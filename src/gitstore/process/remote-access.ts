import { type AccessToken, accessToken, hasToken, hostOf } from '../../model/value/access-token.js';
import type { Waits } from '../../store/port/host.js';
import type { Git, GitCall } from './git.js';

/** Time limit for a credential helper before the token is used, in ms. */
const HELPER_MS = 10_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** How git accesses remotes for this process. */
export interface AccessOptions {
  /** Path of the askpass program; without it no token is used. */
  readonly askpass?: string;
  /** Whether ssh may prompt at a terminal. Otherwise nothing prompts, and a hanging git is ended as a group. */
  readonly isInteractive?: boolean;
  /** Whether no remote may be contacted. */
  readonly isOffline?: boolean;
  /** git's configuration, if known, which saves a query. */
  readonly config?: ReadonlyMap<string, string>;
  /** Receives progress. */
  readonly waits?: Waits;
}

/** What a git runner does beside running git. */
export interface GitOptions extends AccessOptions {
  /** Called before each process for which this one waits. Throws EnvironmentError if git cannot be used. */
  readonly beforeStart?: () => void;
}

/** Options and environment for a git that contacts a remote. */
export interface RemoteAccess {
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Whether a credential helper of the user knows this host; as in git, it takes precedence over the token. */
async function helperKnows(
  git: Git,
  url: string,
  { host }: AccessToken,
  call: Pick<GitCall, 'timeout' | 'ownGroup'>,
): Promise<boolean> {
  const helper = await git.run(['config', '--get-urlmatch', 'credential.helper', url]);
  if (helper.stdout.toString('utf8').trim() === '') return false;
  const path = url.replace(/^https:\/\/[^/]*\/?/, '');
  const { code } = await git.run(['-c', 'core.askPass=', 'credential', 'fill'], {
    input: `protocol=https\nhost=${host}\npath=${path}\n\n`,
    env: { GIT_ASKPASS: '', SSH_ASKPASS: '' },
    ...call,
  });
  return code === 0;
}

async function setting(git: Git, key: string): Promise<string> {
  return (await git.run(['config', '--get', key])).stdout.toString('utf8').trim();
}

/** The URL of a remote as git uses it, and whether the user has configured its host. */
export interface RemoteUrl {
  readonly url: string;
  readonly isConfigured: boolean;
}

/** With it git finds no repository, so that only the user's configuration counts. */
const OUTSIDE = '--git-dir=/dev/null';

/**
 * The URL that git uses for `remote`, a name or URL. Only the user's own `insteadOf` rules may lead KGIT_TOKEN to another
 * host: a repository's configuration can be copied, or include a file that others commit to.
 */
export async function remoteUrl(git: Git, remote: string): Promise<RemoteUrl> {
  const first = async (args: readonly string[]) =>
    (await git.run(args)).stdout.toString('utf8').split('\n', 1)[0]?.trim() ?? '';
  const url = await first(['ls-remote', '--get-url', '--', remote]);
  // git fetches from the first of several URLs.
  const named = (await first(['config', '--get-all', `remote.${remote}.url`])) || remote;
  if (hostOf(named) === hostOf(url)) return { url, isConfigured: true };
  const users = await first([OUTSIDE, 'ls-remote', '--get-url', '--', named]);
  return { url, isConfigured: hostOf(users) === hostOf(url) };
}

/**
 * Finds out what git needs to contact `remote`: the token for its host, in git's environment only, and an ssh that does
 * not prompt.
 * @param variables hold the tokens
 * @param environment git's environment
 * @param timeoutMs time limit of the git command
 */
export async function remoteAccess(
  git: Git,
  remote: string,
  variables: Environment,
  environment: Environment,
  { askpass, isInteractive = false, config }: AccessOptions,
  timeoutMs: number | undefined,
): Promise<RemoteAccess> {
  // A user's own ssh command is used as it is; without a terminal it cannot prompt anyway.
  const namesSsh = environment['GIT_SSH_COMMAND'] || environment['GIT_SSH'] || config?.get('core.sshcommand');
  const asksNobody = { options: [], env: { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes' } };
  if (!hasToken(variables)) {
    // Without a token the kind of remote does not matter.
    if (isInteractive || namesSsh) return { options: [], env: {} };
    if (config) return asksNobody;
  }
  const { url, isConfigured } = await remoteUrl(git, remote);
  const isSsh = /^ssh:\/\//.test(url) || (/^[^/]+:/.test(url) && !url.includes('://'));
  if (isSsh && !isInteractive && !namesSsh && !(await setting(git, 'core.sshCommand'))) return asksNobody;
  // A helper that hangs is ended as a group; at a terminal it may prompt.
  const call = { timeout: Math.min(HELPER_MS, timeoutMs ?? HELPER_MS), ownGroup: !isInteractive };
  const token = askpass && hasToken(variables) ? accessToken(url, variables, isConfigured) : null;
  if (!askpass || !token || (await helperKnows(git, url, token, call))) return { options: [], env: {} };
  const scope = `credential.https://${token.host}`;
  return {
    // git passes a working password to all helpers, and one of them may store it on disk.
    options: ['-c', `${scope}.helper=`, '-c', `${scope}.useHttpPath=false`],
    env: {
      GIT_ASKPASS: askpass,
      KGIT_ASKPASS_HOST: token.host,
      KGIT_ASKPASS_USER: token.user,
      // Newer versions of git pass the URL-encoded name to askpass.
      KGIT_ASKPASS_ENCODED: encodeURIComponent(token.user),
      KGIT_ASKPASS_TOKEN: token.token,
      KGIT_ASKPASS_NEXT: environment['GIT_ASKPASS'] || (await setting(git, 'core.askPass')),
    },
  };
}
