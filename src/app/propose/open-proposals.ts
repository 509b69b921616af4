import { UsageError } from '../../errors.js';
import type { Forge } from '../../forge/forge.js';
import { forgeAddress } from '../../forge/forge-address.js';
import { forgeApi } from '../../forge/forge-api.js';
import { openForge } from '../../forge/open-forge.js';
import { requestPage } from '../../forge/request-page.js';
import { accessToken, tokenVariables } from '../../gitstore/process/access-token.js';
import { remoteUrl } from '../../gitstore/process/remote-access.js';
import { RemoteBranches } from '../../gitstore/review/remote-branches.js';
import type { OpenRepository } from '../../setup/composition.js';
import { facetOf } from '../../setup/facet-of.js';
import type { GitFacet } from '../../setup/git-driver.js';
import { committerOf } from '../../setup/identity.js';
import type { Settings } from '../../setup/settings.js';
import { type Environment, systemClock } from '../../setup/this-host.js';

/** The git repository, and the name of its remote. Throws UsageError if it has none. */
function requireRemote(opened: OpenRepository): GitFacet & { readonly remote: string } {
  const git = facetOf(opened, 'git', 'a proposal');
  const { remote } = git;
  if (remote !== null) return { ...git, remote };
  throw new UsageError('this repository has no remote, so there is nobody to propose to', {
    suggestions: ['Write without --propose', 'Or add one: git remote add origin URL'],
  });
}

/** The branches at the remote of an open repository. Throws UsageError if it has no remote. */
export function openBranches(opened: OpenRepository): RemoteBranches {
  const { git, layout, remote } = requireRemote(opened);
  const committer = committerOf(opened.identity);
  return new RemoteBranches(git, { repository: layout, remote, committer, clock: systemClock });
}

/** The API of the remote's forge, or why it cannot be used. */
export type FoundForge = {
  /** The page where a person opens the request to merge one branch into another; null if the forge is unknown. */
  readonly page: ((head: string, base: string) => string) | null;
} & ({ readonly forge: Forge; readonly noForge: null } | { readonly forge: null; readonly noForge: string });

/**
 * Finds the forge of the remote, and a token for its host only (`docs/ci.md`).
 * @param deadline when all requests to the forge must be done, in ms since the epoch
 */
export async function findForge(
  opened: OpenRepository,
  settings: Settings,
  environment: Environment,
  deadline: number,
): Promise<FoundForge> {
  const none = (noForge: string, page: FoundForge['page'] = null) => ({ forge: null, noForge, page });
  const { git, remote } = requireRemote(opened);
  const { url, isConfigured } = await remoteUrl(git, remote);
  const address = forgeAddress(url);
  if (address === null) return none('the remote is none of a forge');
  const api = forgeApi(address, settings, environment);
  if ('unknown' in api) return none(api.unknown);
  const { kind, root, tokenHost } = api;
  // If git's host may be an alias of ssh, the pages are at the host of the API.
  const place = { host: address.mayBeAlias ? tokenHost : address.host, path: address.path };
  const page = (head: string, base: string) => requestPage(kind, place, head, base);
  // A user who sets the API's address means the token for it.
  const isMeant = isConfigured || settings.proposeApiUrl !== undefined;
  const known = accessToken(`https://${tokenHost}/`, tokenVariables(environment), isMeant);
  // The token of a GitLab job may push, but not open merge requests.
  if (known === null || known.user === 'gitlab-ci-token')
    return none(`no token for the API of ${tokenHost} (KGIT_TOKEN)`, page);
  const access = { fetch, clock: systemClock, token: known.token, deadline };
  return { forge: openForge(kind, { root, path: address.path }, access), noForge: null, page };
}
