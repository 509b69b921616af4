/** A repository as the API of its forge knows it. */
export interface ForgeRepository {
  /** Address of the API, such as `https://api.github.com`: nothing behind it. */
  readonly root: string;
  /** `owner/name`; at GitLab with any number of groups. */
  readonly path: string;
}

/** A pull or merge request, as kgit needs it. */
export interface ForgeProposal {
  readonly number: number;
  /** Of its page, for people. */
  readonly url: string;
  readonly isOpen: boolean;
  /** The revision that it ends at: a closed one has none of what was pushed since. Null where the forge does not say. */
  readonly tip: string | null;
  readonly title: string;
  readonly body: string;
}

export interface NewProposal {
  /** The branch that is proposed. */
  readonly head: string;
  /** The branch that it is to be merged into. */
  readonly base: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

/** What changes in a proposal; what is left out stays. */
export type ProposalUpdate = Partial<Pick<NewProposal, 'title' | 'body'>>;

/**
 * A forge's requests to merge, in one repository of it. Every method throws RemoteError (no access, not reachable,
 * too many requests) or RefusedError (the forge understood, and says no).
 */
export interface Forge {
  /** `GitHub`, for messages. */
  readonly name: string;
  /** The newest open request to merge `head` into `base`, else the newest closed one; null where there was none. */
  find(head: string, base: string): Promise<ForgeProposal | null>;
  create(proposal: NewProposal): Promise<ForgeProposal>;
  update(number: number, update: ProposalUpdate): Promise<ForgeProposal>;
}

/** The newest open one of a forge's list, which is newest first, else the newest one. */
export function newest(list: readonly ForgeProposal[]): ForgeProposal | null {
  return list.find(({ isOpen }) => isOpen) ?? list[0] ?? null;
}
