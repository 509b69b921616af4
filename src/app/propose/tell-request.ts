import { RefusedError, RemoteError } from '../../errors.js';
import { requestText } from '../../model/operation/proposal-text.js';
import type { OpenRepository } from '../../setup/composition.js';
import type { Settings } from '../../setup/settings.js';
import type { Environment } from '../../setup/this-host.js';
import type { ProposalPlace } from '../../store/outbox/outcomes.js';
import { findForge } from './open-proposals.js';
import { proposedChange } from './proposed-events.js';
import { amendRequest } from './request-to-merge.js';
import type { Resolved } from './resolve-branch.js';

/** Where a resolved proposal is reviewed, and notes for the user. */
export interface ToldRequest {
  readonly proposal: ProposalPlace;
  readonly notes: readonly string[];
}

/**
 * Updates the open request to merge of a resolved branch to what is left of the proposal. If the forge cannot be asked,
 * or has no open request, returns the text for a person to use. Throws EnvironmentError, InvalidStateError.
 * @param deadline ms since the epoch
 */
export async function tellRequest(
  opened: OpenRepository,
  settings: Settings,
  environment: Environment,
  { branch, revision, published, isMerged }: Resolved,
  deadline: number,
): Promise<ToldRequest> {
  const change = await proposedChange(opened, published, revision);
  const nowhere = { proposal: { branch, revision, url: null, number: null }, notes: [] };
  if (change.events.length === 0) return nowhere;
  const text = requestText(change, branch, undefined);
  const { forge, noForge, page } = await findForge(opened, settings, environment, deadline);
  const url = page?.(branch, opened.name) ?? null;
  const byHand = (why: string): ToldRequest =>
    // An unchanged branch keeps its text.
    isMerged
      ? {
          proposal: { branch, revision, url, number: null, request: text },
          notes: [`${why}: set the text of the request to merge ${branch} to what is printed here`],
        }
      : nowhere;
  if (forge === null) return byHand(noForge);
  try {
    const found = await forge.find(branch, opened.name);
    if (!found?.isOpen) return byHand(`${forge.name} has no open request to merge ${branch}`);
    const amended = await amendRequest(forge, { title: undefined, text }, found);
    return { proposal: { branch, revision, url: amended.url, number: amended.number }, notes: [] };
  } catch (error) {
    if (!(error instanceof RemoteError || error instanceof RefusedError)) throw error;
    return byHand(error.message);
  }
}
