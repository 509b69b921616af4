import type { ForgeAddress } from './forge-address.js';
import { apiAddress, type ForgeKind } from './forge-kind.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The API of a forge. */
export interface ForgeApi {
  readonly kind: ForgeKind;
  /** Such as `https://api.github.com`, without a slash at its end. */
  readonly root: string;
  /** The host that a token must be meant for. */
  readonly tokenHost: string;
}

/** The settings about the forge. */
export interface ForgeChoice {
  readonly proposeForge: ForgeKind | undefined;
  readonly proposeApiUrl: string | undefined;
}

/** Well-known forges by their hosts for git; some have another host for ssh. */
const WELL_KNOWN: ReadonlyMap<string, { readonly host: string; readonly kind: ForgeKind }> = new Map([
  ['github.com', { host: 'github.com', kind: 'github' }],
  ['ssh.github.com', { host: 'github.com', kind: 'github' }],
  ['gitlab.com', { host: 'gitlab.com', kind: 'gitlab' }],
  ['altssh.gitlab.com', { host: 'gitlab.com', kind: 'gitlab' }],
  ['codeberg.org', { host: 'codeberg.org', kind: 'forgejo' }],
]);

/** The forge that CI runs on, if it is at this host. */
function ciForge(
  host: string,
  environment: Environment,
): { kind: ForgeKind; root: string | undefined } | null {
  const { GITHUB_SERVER_URL: github, CI_SERVER_HOST: gitlab } = environment;
  const isOn = (name: string) => environment[name] === 'true';
  if (github?.replace(/^https:\/\//, '').replace(/\/$/, '') === host) {
    // Forgejo sets the variable of Gitea, too.
    const kind = isOn('FORGEJO_ACTIONS') ? 'forgejo' : isOn('GITEA_ACTIONS') ? 'gitea' : 'github';
    return { kind, root: apiAddress(environment['GITHUB_API_URL']) };
  }
  if (gitlab && host.replace(/:\d+$/, '') === gitlab)
    return { kind: 'gitlab', root: apiAddress(environment['CI_API_V4_URL']) };
  return null;
}

/** The kind of forge that a host's name suggests; null if it suggests none. */
function kindByName(host: string): ForgeKind | null {
  if (/(^|[.-])forgejo[.-]|(^|\.)codeberg\.org$/.test(host)) return 'forgejo';
  if (/(^|[.-])gitea[.-]/.test(host)) return 'gitea';
  if (/(^|[.-])gitlab[.-]/.test(host)) return 'gitlab';
  return /(^|[.-])github[.-]|\.ghe\.com$/.test(host) ? 'github' : null;
}

/** The default address of the API of a forge of this kind. */
export function apiRoot(kind: ForgeKind, host: string): string {
  if (kind === 'gitlab') return `https://${host}/api/v4`;
  if (kind !== 'github') return `https://${host}/api/v1`;
  if (host === 'github.com') return 'https://api.github.com';
  return host.endsWith('.ghe.com') ? `https://api.${host}` : `https://${host}/api/v3`;
}

/** The kind of forge that an API's address suggests; null if it suggests none. */
function kindByApi(root: string): ForgeKind | null {
  if (/\/api\/v4$/.test(root)) return 'gitlab';
  if (/\/api\/v3$/.test(root) || /^https:\/\/api\.(github|[^/]+\.ghe)\.com$/.test(root)) return 'github';
  return kindByName(new URL(root).host);
}

/**
 * Finds the API of the forge that has a repository, or says why it is unknown. A possible alias from ssh's
 * configuration is never taken for a host: a token would be sent to whoever has that name.
 */
export function forgeApi(
  { host, mayBeAlias }: ForgeAddress,
  { proposeForge, proposeApiUrl: root }: ForgeChoice,
  environment: Environment,
): ForgeApi | { readonly unknown: string } {
  const known = WELL_KNOWN.get(host);
  const ci = ciForge(host, environment);
  const byHost = ci?.kind ?? known?.kind ?? (mayBeAlias ? null : kindByName(host));
  const kind = proposeForge ?? (root === undefined ? byHost : (kindByApi(root) ?? byHost));
  if (root === undefined && mayBeAlias && !known && !ci) {
    return {
      unknown: `whether ${host} is a host or an alias of ssh is not known: set KGIT_PROPOSE_API_URL to the address of the forge's API`,
    };
  }
  if (kind === null)
    return { unknown: `which forge ${root ?? host} is, the setting propose.forge does not say` };
  if (root !== undefined)
    return { kind, root, tokenHost: new URL(root).host.replace(/^api\.github\.com$/, 'github.com') };
  const tokenHost = known?.host ?? host;
  return { kind, root: ci?.root ?? apiRoot(kind, tokenHost), tokenHost };
}
