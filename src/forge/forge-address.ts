/** A repository at a forge, as a remote's URL names it. */
export interface ForgeAddress {
  /** With its port, unless that is the one of https. */
  readonly host: string;
  /** Whether the host may be an alias from ssh's configuration, and so no address to send a token to. */
  readonly mayBeAlias: boolean;
  /** `owner/name`; at GitLab with any number of groups. */
  readonly path: string;
}

const HTTPS = /^https:\/\/(?:[^@/]*@)?([A-Za-z0-9.-]+(?::\d+)?)\/(.+)$/;
// The port of ssh says nothing about that of https.
const SSH = /^ssh:\/\/(?:[^@/]*@)?([A-Za-z0-9.-]+)(?::\d+)?\/(.+)$/;
const SCP = /^(?:[^@/:]+@)?([A-Za-z0-9.-]+):(?!\/\/)(.+)$/;
const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9._-]+)+$/;

/** The host and repository that a remote's URL names; null for a folder, plain http, and URLs that no forge has. */
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
