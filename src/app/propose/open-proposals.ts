import type { Forge } from '../../forge/forge.js';
import { forgeAddress } from '../../forge/forge-address.js';
import { forgeApi } from '../../forge/forge-api.js';
import { openForge } from '../../forge/open-forge.js';
import { requestPage } from '../../forge/request-page.js';
import { accessToken, tokenVariables } from '../../model/value/access-token.js';
import type { OpenRepository } from '../../setup/composition.js';
import { facetOf } from '../../setup/facet-of.js';
import type { Settings } from '../../setup/settings.js';
import { type Environment, systemClock } from '../../setup/this-host.js';
import type { Proposals } from '../../store/port/proposals.js';

/** Opens the proposals of a repository. Throws UsageError if it has none. */
export function openProposals(opened: OpenRepository): Promise<Proposals> {
  return facetOf(opened, 'proposals', 'a proposal')();
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
  const { url, isConfigured } = await (await openProposals(opened)).address();
  const address = forgeAddress(url);
  if (address === null) return none('the remote is not on a forge');
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
