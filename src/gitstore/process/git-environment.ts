/** What of the user's environment git may see; everything else, and above all what names a repository, is dropped. */

const NAMES = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'TMPDIR',
  'TEMP',
  'TMP',
  'TERM',
  'TZ',
  'XDG_CONFIG_HOME',
  'XDG_CACHE_HOME',
  'XDG_RUNTIME_DIR',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'DBUS_SESSION_BUS_ADDRESS',
  'GNUPGHOME',
  'GPG_TTY',
  'GPG_AGENT_INFO',
  'KRB5CCNAME',
  'GIT_ASKPASS',
  'GIT_PROXY_COMMAND',
  'GIT_HTTP_PROXY_AUTHMETHOD',
  'GIT_CEILING_DIRECTORIES',
  'GIT_DISCOVERY_ACROSS_FILESYSTEM',
  // Windows finds its programs, home and sockets by these.
  'SYSTEMROOT',
  'WINDIR',
  'COMSPEC',
  'PATHEXT',
  'USERPROFILE',
  'HOMEDRIVE',
  'HOMEPATH',
  'APPDATA',
  'LOCALAPPDATA',
  'PROGRAMDATA',
]);
const PREFIXES = ['GIT_CONFIG', 'GIT_SSH', 'GIT_SSL', 'GIT_CURL', 'SSH_', 'SSL_CERT_', 'CURL_'];
const PROXIES = /^(https?|all|no|ftp)_proxy$/i;

function isAllowed(name: string): boolean {
  const upper = name.toUpperCase();
  return NAMES.has(upper) || PREFIXES.some((prefix) => upper.startsWith(prefix)) || PROXIES.test(name);
}

/** Transports that a remote may use; git refuses all others, whatever any configuration allows. */
const PROTOCOLS = 'https:http:ssh:git:file';

/**
 * The environment of every git process: allow-listed, in English, never prompting.
 * @param environment the user's
 */
export function gitEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const allowed: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && isAllowed(name)) allowed[name] = value;
  }
  return {
    ...allowed,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_ALLOW_PROTOCOL: PROTOCOLS,
    GIT_NO_REPLACE_OBJECTS: '1',
  };
}

/** Options before every git subcommand: nothing that a repository configures runs by surprise. */
export const GIT_OPTIONS: readonly string[] = [
  '--literal-pathspecs',
  '--no-pager',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.fsmonitor=false',
  '-c',
  // All but the index, which can be made again from what is published.
  'core.fsync=all,-index',
  '-c',
  // One file to be synced for all that a fetch brings, which is joined with others; loose objects would stay.
  'fetch.unpackLimit=1',
  '-c',
  // The addresses of submodules are the words of whoever commits .gitmodules.
  'submodule.recurse=false',
  '-c',
  'gc.auto=0',
  '-c',
  // Two processes of one clone fetch at a time; git's own 100 ms are short on a busy machine.
  'core.filesRefLockTimeout=2000',
  '-c',
  'maintenance.auto=false',
];
