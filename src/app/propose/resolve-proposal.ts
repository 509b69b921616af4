import { actorOf } from '../../setup/identity.js';
import type { Environment } from '../../setup/this-host.js';
import type { Configured } from '../open/configured.js';
import { type Resolved, resolveBranch } from './resolve-branch.js';
import { type ToldRequest, tellRequest } from './tell-request.js';

export interface ResolveIntent {
  /** The branch of the proposal; the user's only one if undefined. */
  readonly branch: string | undefined;
  /** Whether the proposal becomes one commit on top of the state branch, instead of a merge of both. */
  readonly isRebased: boolean;
}

/** A resolved proposal, and where it is reviewed. */
export interface ResolvedProposal extends Resolved, ToldRequest {}

/**
 * Merges the state branch into a proposal, pushes the result, and updates the request to merge it. Throws NotFoundError
 * if there is no such proposal, ConflictError if both sides changed a path, RemoteError, RefusedError.
 * @param deadline ms since the epoch
 */
export async function resolveProposal(
  { opened, settings }: Pick<Configured, 'opened' | 'settings'>,
  { branch, isRebased }: ResolveIntent,
  environment: Environment,
  deadline: number,
): Promise<ResolvedProposal> {
  const author = actorOf(settings, environment, opened.identity);
  const resolved = await resolveBranch(opened, branch, { author, isRebased }, deadline);
  return { ...resolved, ...(await tellRequest(opened, settings, environment, resolved, deadline)) };
}
