import { UsageError } from '../../errors.js';
import type { SubjectEvent } from '../../model/event/event.js';
import { PROPOSALS } from '../../model/operation/proposal-branch.js';
import type { OpenRepository } from '../../setup/composition.js';
import type { Settings } from '../../setup/settings.js';
import { type Environment, systemClock } from '../../setup/this-host.js';
import type { Proposals } from '../../store/port/proposals.js';
import type { Revision } from '../../store/port/state-store.js';
import { findForge, openProposals } from './open-proposals.js';
import { proposedEvents } from './proposed-events.js';
import { talkMs } from './retry.js';

/** Maximum number of branches that are looked at. */
const MAX_BRANCHES = 100;

/** A proposal that waits for a review. */
export interface OpenProposal {
  readonly branch: string;
  /** Its tip. */
  readonly revision: Revision;
  /** The events that it adds, oldest first. */
  readonly events: readonly SubjectEvent[];
  /** Of the request to merge; null if none is known. */
  readonly title: string | null;
  readonly number: number | null;
  /** The page of the request to merge, or where to open one; null if neither is known. */
  readonly url: string | null;
}

export interface ListedProposals {
  readonly proposals: readonly OpenProposal[];
  /** Why the forge was not asked; null if it was. */
  readonly noForge: string | null;
}

/**
 * Lists the proposals of kgit that are neither merged nor closed: those at the server, or, without one, none. Throws
 * RemoteError, EnvironmentError, ConflictError.
 * @param deadline when all requests must be done, in ms since the epoch
 */
export async function listProposals(
  opened: OpenRepository,
  settings: Settings,
  environment: Environment,
  deadline: number,
): Promise<ListedProposals> {
  const proposals = await proposalsIfAny(opened);
  if ('none' in proposals) return { proposals: [], noForge: proposals.none };
  try {
    const all = await proposals.tips(PROPOSALS, talkMs(systemClock, deadline));
    const tips = [...all].filter(([name]) => name.startsWith(`${PROPOSALS}/`)).slice(0, MAX_BRANCHES);
    const { revision: published } = await opened.repository.store.head();
    if (published === null || tips.length === 0) return { proposals: [], noForge: null };
    const found = await findForge(opened, settings, environment, deadline);
    const { forge, page, noForge } = found;
    const open: OpenProposal[] = [];
    for (const [branch, revision] of tips) {
      const { events, isMerged } = await proposedEvents(opened, published, revision);
      if (isMerged) continue;
      const request = forge && (await forge.find(branch, opened.name));
      // Of a closed one that was pushed to since, the new commits wait for a review.
      if (request && !request.isOpen && (request.tip === null || request.tip === revision)) continue;
      const known = request?.isOpen ? request : null;
      const url = known?.url ?? page?.(branch, opened.name) ?? null;
      open.push({
        branch,
        revision,
        events,
        title: known?.title ?? null,
        number: known?.number ?? null,
        url,
      });
    }
    return { proposals: open, noForge };
  } finally {
    await proposals.close();
  }
}

/** The proposals of a repository, or why it has none. */
async function proposalsIfAny(opened: OpenRepository): Promise<Proposals | { readonly none: string }> {
  try {
    return await openProposals(opened);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { none: error.message };
  }
}
