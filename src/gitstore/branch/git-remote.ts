import type { Revision } from '../../store/port/state-store.js';
import type { Git, GitResult } from '../process/git.js';
import { FETCH_OPTIONS, PUSH_OPTIONS } from '../process/transfer-options.js';
import type { Repository } from '../repository/repository.js';
import { type PushResult, push } from './push.js';
import { type Question, stillHas } from './still-has.js';

/** A ref to be moved at a remote if it is at `from`; null stands for a ref that does not exist. */
export interface RefUpdate {
  readonly ref: string;
  readonly from: string | null;
  readonly to: string | null;
  /** Whether `to` is known not to contain `from`. */
  readonly isForced?: boolean;
}

export interface FetchCall {
  readonly timeoutMs: number;
  /** Whether local refs below the patterns are removed if the remote no longer has them. The user's own refs stay. */
  readonly prunes?: boolean;
  /** How far back: only the tip, or all that a shallow clone has cut off, without its files. */
  readonly depth?: 'tip' | 'all';
}

/** Where refs are at a remote, and its answer in git's words. */
export interface AskedTips {
  /** Missing refs are left out. Null if the remote did not answer. */
  readonly tips: ReadonlyMap<string, Revision> | null;
  readonly result: GitResult;
}

/**
 * The remote of a repository. Results are in the words of git's own commands, which the tables of refusals and faults
 * read.
 */
export interface Remote {
  /** Fetches what refspecs name, as `git fetch` does. */
  fetch(refspecs: readonly string[], call: FetchCall): Promise<GitResult>;
  /** Moves refs, as `git push --porcelain` does, each by CAS. */
  push(
    updates: readonly RefUpdate[],
    call: { readonly isAtomic: boolean; readonly timeoutMs: number },
  ): Promise<PushResult>;
  /** @param refs full names */
  tips(refs: readonly string[], timeoutMs: number): Promise<AskedTips>;
  /** Whether commits that the branch no longer contains are still there; null if the remote does not say. */
  stillHas(question: Question): Promise<boolean | null>;
  /** What tells a repository without this branch from a web page, which looks the same to a fetch over http. */
  probe(branch: string, known: Revision, timeoutMs: number): Promise<GitResult>;
}

/** A remote of a repository, as the git program knows it. */
export interface NamedRemote {
  readonly name: string;
  readonly repository: Repository;
  /** More options for fetches of the branch. */
  readonly fetchOptions?: readonly string[];
}

/** A remote that the git program talks to. */
export class GitRemote implements Remote {
  readonly #git: Git;
  readonly #name: string;
  readonly #repository: Repository;
  readonly #fetchOptions: readonly string[];

  constructor(git: Git, { name, repository, fetchOptions = [] }: NamedRemote) {
    this.#git = git;
    this.#name = name;
    this.#repository = repository;
    this.#fetchOptions = fetchOptions;
  }

  fetch(refspecs: readonly string[], { timeoutMs, prunes = false, depth }: FetchCall): Promise<GitResult> {
    const more = [
      // The empty refmap leaves the user's own tracking branch alone: other fetches of this clone race for it.
      ...(prunes ? ['--refmap=', '--prune'] : []),
      ...(depth === 'tip' ? ['--depth=1'] : []),
      ...(depth === 'all' ? ['--unshallow', '--filter=tree:0'] : prunes ? [] : this.#fetchOptions),
    ];
    const args = ['fetch', ...FETCH_OPTIONS, ...more, '--end-of-options', this.#name, ...refspecs];
    return this.#git.talk(this.#name, args, { timeout: timeoutMs });
  }

  push(
    updates: readonly RefUpdate[],
    { isAtomic, timeoutMs }: { readonly isAtomic: boolean; readonly timeoutMs: number },
  ): Promise<PushResult> {
    // The new tips contain the old ones, or a chain starts anew, so nothing else is forced. The lease protects a branch
    // that was moved back: a push that checks only ancestry would restore what was removed. An empty expected commit
    // demands that the ref does not exist.
    const leases = updates.map(({ ref, from }) => `--force-with-lease=${ref}:${from ?? ''}`);
    const refspecs = updates.map(({ ref, to }) => `${to ?? ''}:${ref}`);
    const options = [...PUSH_OPTIONS, ...(isAtomic ? ['--atomic'] : []), ...leases];
    const args = [...options, '--end-of-options', this.#name, ...refspecs];
    return push(this.#git, this.#name, args, { timeout: timeoutMs });
  }

  async tips(refs: readonly string[], timeoutMs: number): Promise<AskedTips> {
    const args = ['ls-remote', '--end-of-options', this.#name, ...refs];
    const result = await this.#git.talk(this.#name, args, { timeout: timeoutMs });
    if (result.code !== 0) return { tips: null, result };
    const lines = result.stdout.toString('utf8').matchAll(/^([0-9a-f]{40})\t(.+)$/gm);
    const tips = [...lines].map(([, oid = '', ref = '']) => [ref, oid] as const);
    return { tips: new Map(tips.filter(([ref]) => refs.includes(ref))), result };
  }

  stillHas(question: Question): Promise<boolean | null> {
    return stillHas(this.#git, this.#repository, this.#name, question);
  }

  probe(branch: string, known: Revision, timeoutMs: number): Promise<GitResult> {
    const refspec = `${known}:refs/heads/${branch}`;
    const args = ['push', '--dry-run', ...PUSH_OPTIONS, '--end-of-options', this.#name, refspec];
    return this.#git.talk(this.#name, args, { timeout: timeoutMs });
  }
}
