/** A repository as the API of its forge knows it. */
export interface ForgeRepository {
  /** Address of the API, such as `https://api.github.com`, without a slash at its end. */
  readonly root: string;
  /** `owner/name`; at GitLab with any number of groups. */
  readonly path: string;
}

/** A pull or merge request, as kgit needs it. */
export interface ForgeProposal {
  readonly number: number;
  /** URL of its page, for people. */
  readonly url: string;
  readonly isOpen: boolean;
  /** The revision at its end: a closed one lacks what was pushed since. Null if the forge does not say. */
  readonly tip: string | null;
  readonly title: string;
  readonly body: string;
}

export interface NewProposal {
  /** The proposed branch. */
  readonly head: string;
  /** The branch to merge it into. */
  readonly base: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

/** Changes to a proposal; fields that are left out stay. */
export type ProposalUpdate = Partial<Pick<NewProposal, 'title' | 'body'>>;

/**
 * The requests to merge in one repository of a forge. Every method throws RemoteError (no access, not reachable, too
 * many requests) or RefusedError (the forge understood, and says no).
 */
export interface Forge {
  /** `GitHub`, for messages. */
  readonly name: string;
  /** The newest open request to merge `head` into `base`, else the newest closed one; null if there was none. */
  find(head: string, base: string): Promise<ForgeProposal | null>;
  create(proposal: NewProposal): Promise<ForgeProposal>;
  update(number: number, update: ProposalUpdate): Promise<ForgeProposal>;
}

/** The newest open proposal of a list that is newest first, else the newest one. */
export function newest(list: readonly ForgeProposal[]): ForgeProposal | null {
  return list.find(({ isOpen }) => isOpen) ?? list[0] ?? null;
}
