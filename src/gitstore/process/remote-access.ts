import type { Waits } from '../../store/port/host.js';
import { type AccessToken, accessToken, hasToken, hostOf } from './access-token.js';
import type { Git, GitCall } from './git.js';

/** Longest that a credential helper is waited for before the token is used, in ms. */
const HELPER_MS = 10_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** How git gets at remotes on behalf of this process. */
export interface AccessOptions {
  /** Path of the program that answers git's askpass; without it no token is used. */
  readonly askpass?: string;
  /** Somebody sits at a terminal and may be asked by ssh; else nothing is, and what hangs is ended whole. */
  readonly isInteractive?: boolean;
  /** Whether no remote may be reached at all. */
  readonly isOffline?: boolean;
  /** git's configuration, where it is known: then it need not be asked for. */
  readonly config?: ReadonlyMap<string, string>;
  /** Hears what is waited for. */
  readonly waits?: Waits;
}

/** What one talk with a remote adds to git's options and environment. */
export interface RemoteAccess {
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Whether a credential helper of the user's answers for this host; it comes before the token, as git has it. */
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

/** The URL of a remote as git uses it, and whether its host is the one that the user has configured. */
export interface RemoteUrl {
  readonly url: string;
  readonly isConfigured: boolean;
}

/** With it git finds no repository, so that the user's own configuration alone counts. */
const OUTSIDE = '--git-dir=/dev/null';

/**
 * Where git would go for `remote`, its name or its URL. A rule of `insteadOf` leads KGIT_TOKEN to another host only from
 * the user's own configuration: that of a repository can be copied along, or include a file that others commit to.
 */
export async function remoteUrl(git: Git, remote: string): Promise<RemoteUrl> {
  const first = async (args: readonly string[]) =>
    (await git.run(args)).stdout.toString('utf8').split('\n', 1)[0]?.trim() ?? '';
  const url = await first(['ls-remote', '--get-url', '--', remote]);
  // Of several URLs git fetches from the first.
  const named = (await first(['config', '--get-all', `remote.${remote}.url`])) || remote;
  if (hostOf(named) === hostOf(url)) return { url, isConfigured: true };
  const users = await first([OUTSIDE, 'ls-remote', '--get-url', '--', named]);
  return { url, isConfigured: hostOf(users) === hostOf(url) };
}

/**
 * Finds out what git needs to talk with `remote`: the token for its host in the environment of git alone,
 * and an ssh that does not ask.
 * @param variables those that tokens are read from
 * @param environment what git sees of the user's
 * @param timeoutMs how long the talk may take
 */
export async function remoteAccess(
  git: Git,
  remote: string,
  variables: Environment,
  environment: Environment,
  { askpass, isInteractive = false, config }: AccessOptions,
  timeoutMs: number | undefined,
): Promise<RemoteAccess> {
  // Whoever says how ssh is run says all of it; without a terminal it has none to ask at in any case.
  const namesSsh = environment['GIT_SSH_COMMAND'] || environment['GIT_SSH'] || config?.get('core.sshcommand');
  const asksNobody = { options: [], env: { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes' } };
  if (!hasToken(variables)) {
    // Where there is no token to give, what kind of remote it is makes no difference.
    if (isInteractive || namesSsh) return { options: [], env: {} };
    if (config) return asksNobody;
  }
  const { url, isConfigured } = await remoteUrl(git, remote);
  const isSsh = /^ssh:\/\//.test(url) || (/^[^/]+:/.test(url) && !url.includes('://'));
  if (isSsh && !isInteractive && !namesSsh && !(await setting(git, 'core.sshCommand'))) return asksNobody;
  // A helper that hangs is ended with all that it started; at a terminal it may ask.
  const call = { timeout: Math.min(HELPER_MS, timeoutMs ?? HELPER_MS), ownGroup: !isInteractive };
  const token = askpass && hasToken(variables) ? accessToken(url, variables, isConfigured) : null;
  if (!askpass || !token || (await helperKnows(git, url, token, call))) return { options: [], env: {} };
  const scope = `credential.https://${token.host}`;
  return {
    // git hands a password that worked to all helpers, and one of them may write it to the disk.
    options: ['-c', `${scope}.helper=`, '-c', `${scope}.useHttpPath=false`],
    env: {
      GIT_ASKPASS: askpass,
      KGIT_ASKPASS_HOST: token.host,
      KGIT_ASKPASS_USER: token.user,
      // Newer versions of git ask with the name as a URL writes it.
      KGIT_ASKPASS_ENCODED: encodeURIComponent(token.user),
      KGIT_ASKPASS_TOKEN: token.token,
      KGIT_ASKPASS_NEXT: environment['GIT_ASKPASS'] || (await setting(git, 'core.askPass')),
    },
  };
}
