/** Where a remote's URL says that a repository of a forge is. */
export interface ForgeAddress {
  /** Port included, where it is not that of https. */
  readonly host: string;
  /** Whether the host may be an alias of ssh's configuration: then it is no address that a token could be sent to. */
  readonly mayBeAlias: boolean;
  /** `owner/name`; at GitLab with any number of groups. */
  readonly path: string;
}

const HTTPS = /^https:\/\/(?:[^@/]*@)?([A-Za-z0-9.-]+(?::\d+)?)\/(.+)$/;
// The port of ssh says nothing of that of https.
const SSH = /^ssh:\/\/(?:[^@/]*@)?([A-Za-z0-9.-]+)(?::\d+)?\/(.+)$/;
const SCP = /^(?:[^@/:]+@)?([A-Za-z0-9.-]+):(?!\/\/)(.+)$/;
const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9._-]+)+$/;

/** The host and repository that a remote's URL names; null for a folder, plain http, and what no forge has. */
export function forgeAddress(url: string): ForgeAddress | null {
  const https = HTTPS.exec(url);
  const [, host = '', rest = ''] = https ?? SSH.exec(url) ?? SCP.exec(url) ?? [];
  const path = rest
    .replace(/^\/+/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  const isSafe = PATH.test(path) && !path.split('/').some((part) => /^\.+$/.test(part));
  if (!host || !isSafe) return null;
  return { host: host.toLowerCase().replace(/:443$/, ''), mayBeAlias: https === null, path };
}
