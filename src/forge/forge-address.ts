import type { ForgeKind } from '../model/forge-kind.js';

/** A repository as its forge calls it. */
export interface ForgeAddress {
  /** Port included, where it is not that of https. */
  readonly host: string;
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
  const [, host = '', rest = ''] = HTTPS.exec(url) ?? SSH.exec(url) ?? SCP.exec(url) ?? [];
  const path = rest
    .replace(/^\/+/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  const isSafe = PATH.test(path) && !path.split('/').some((part) => /^\.+$/.test(part));
  return host && isSafe ? { host: host.toLowerCase().replace(/:443$/, ''), path } : null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Which forge a host is: as CI says, as its name says; null where that cannot be known. */
export function guessForge(host: string, environment: Environment): ForgeKind | null {
  const { GITHUB_SERVER_URL: github, CI_SERVER_HOST: gitlab } = environment;
  const isOn = (name: string) => environment[name] === 'true';
  // Forgejo sets the variable of Gitea, too.
  const actions = isOn('FORGEJO_ACTIONS') ? 'forgejo' : isOn('GITEA_ACTIONS') ? 'gitea' : 'github';
  if (github?.replace(/^https:\/\//, '').replace(/\/$/, '') === host) return actions;
  if (gitlab && host.replace(/:\d+$/, '') === gitlab) return 'gitlab';
  if (/(^|[.-])forgejo[.-]|(^|\.)codeberg\.org$/.test(host)) return 'forgejo';
  if (/(^|[.-])gitea[.-]/.test(host)) return 'gitea';
  if (/(^|[.-])gitlab[.-]/.test(host)) return 'gitlab';
  return /(^|[.-])github[.-]|\.ghe\.com$/.test(host) ? 'github' : null;
}
