import { KgitError } from '../errors.js';
import type { Forge, ForgeProposal } from '../forge/forge.js';
import type { SubjectEvent } from '../model/event.js';
import { proposalText, proposalTitle, replacedText } from '../model/proposal-text.js';

/** What a request to merge is made of. */
export interface Request {
  readonly head: string;
  readonly base: string;
  /** As the user gave it. */
  readonly title: string | undefined;
  /** Where the user gave none. */
  readonly preset: string;
  readonly events: readonly SubjectEvent[];
}

/** Opens the request to merge of a branch, or has the one that is open say what the branch holds now. Throws RemoteError, RefusedError. */
export async function requestToMerge(
  forge: Forge,
  { head, base, title, preset, events }: Request,
  found: ForgeProposal | null,
): Promise<ForgeProposal> {
  const text = proposalText(events, head);
  const amend = (open: ForgeProposal) =>
    forge.update(open.number, {
      body: replacedText(open.body, text),
      ...(title === undefined ? {} : { title: proposalTitle(title) }),
    });
  if (found?.isOpen) return amend(found);
  try {
    return await forge.create({ head, base, title: proposalTitle(title ?? preset), body: text });
  } catch (error) {
    if (!(error instanceof KgitError) || error.code !== 'REFUSED') throw error;
    // Another process may have opened it meanwhile.
    const now = await forge.find(head, base);
    if (!now?.isOpen) throw error;
    return amend(now);
  }
}
