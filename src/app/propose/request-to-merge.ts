import { KgitError } from '../../errors.js';
import type { Forge, ForgeProposal } from '../../forge/forge.js';
import { amendedText, type RequestText } from '../../model/operation/proposal-text.js';

/** The content of a request to merge. */
export interface Request {
  readonly head: string;
  readonly base: string;
  /** The user's title; undefined if none was given. */
  readonly title: string | undefined;
  readonly text: RequestText;
}

/** Updates an open request to merge to what its branch holds now. Throws RemoteError, RefusedError. */
export function amendRequest(
  forge: Forge,
  { title, text }: Pick<Request, 'title' | 'text'>,
  open: ForgeProposal,
): Promise<ForgeProposal> {
  const amended = amendedText(open, text, title);
  const { title: was } = open;
  return forge.update(
    open.number,
    amended.title === was ? { body: amended.body } : { body: amended.body, title: amended.title },
  );
}

/** Opens the request to merge of a branch, or updates the open one. Throws RemoteError, RefusedError. */
export async function requestToMerge(
  forge: Forge,
  request: Request,
  found: ForgeProposal | null,
): Promise<ForgeProposal> {
  const { head, base, text } = request;
  if (found?.isOpen) return amendRequest(forge, request, found);
  try {
    return await forge.create({ head, base, ...text });
  } catch (error) {
    if (!(error instanceof KgitError) || error.code !== 'REFUSED') throw error;
    // Another process may have opened it meanwhile.
    const now = await forge.find(head, base);
    if (!now?.isOpen) throw error;
    return amendRequest(forge, request, now);
  }
}
