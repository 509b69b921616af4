/** The environment variables that git may see. All others are dropped, above all those that name a repository. */

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
  // Windows needs these to find programs, home and sockets.
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
const PROXIES = /^(HTTPS?|ALL|NO|FTP)_PROXY$/;

function isAllowed(name: string): boolean {
  const upper = name.toUpperCase();
  return NAMES.has(upper) || PREFIXES.some((prefix) => upper.startsWith(prefix)) || PROXIES.test(upper);
}

/** The transports that remotes may use; git refuses all others, whatever its configuration says. */
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

/** Options before every git subcommand, so that a repository's configuration runs no program. */
export const GIT_OPTIONS: readonly string[] = [
  '--literal-pathspecs',
  '--no-pager',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.fsmonitor=false',
  '-c',
  // All but the index, which can be rebuilt from published commits. git ignores `-index` after `all`.
  'core.fsync=objects,derived-metadata,reference',
  '-c',
  // A fetch stores one pack, which is synced once and consolidated later, instead of loose objects.
  'fetch.unpackLimit=1',
  '-c',
  // Anybody who commits .gitmodules chooses the URLs of submodules.
  'submodule.recurse=false',
  '-c',
  'gc.auto=0',
  '-c',
  // Several processes of one clone fetch at once; git's default of 100 ms is short on a busy machine.
  'core.filesRefLockTimeout=2000',
  '-c',
  'maintenance.auto=false',
];
