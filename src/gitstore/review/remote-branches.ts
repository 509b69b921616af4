import { NotFoundError, RefusedError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import type { Clock } from '../../store/port/host.js';
import type { Commit, Revision } from '../../store/port/state-store.js';
import { push } from '../branch/push.js';
import { fetchFailure, type PushFailure, pushOutcome } from '../branch/push-outcome.js';
import { Refs } from '../branch/refs.js';
import { remoteTips } from '../branch/remote-tips.js';
import { CommitBuilder } from '../objects/commit-builder.js';
import { ObjectReader } from '../objects/object-reader.js';
import { type Git, withoutCredentials } from '../process/git.js';
import { retriedFetch } from '../process/retried-fetch.js';
import { FETCH_OPTIONS, PUSH_OPTIONS } from '../process/transfer-options.js';
import type { Repository } from '../repository/repository.js';

/** Local copies of the remote's proposal branches. */
const SEEN = 'refs/kgit/proposed/';
/** Names that git cannot mistake for anything else, in a refspec or a command. */
const BRANCH = /^(?!HEAD$|refs\/)(?!.*(\.\.|\/\/|\/\.|\.lock(\/|$)|[./]$))[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/;

export interface RemoteBranchesOptions {
  readonly repository: Repository;
  /** Name of the remote. */
  readonly remote: string;
  readonly committer: Actor;
  readonly clock: Clock;
}

/** A move of a branch at the remote, from where it was last seen, or from nothing. */
export interface BranchPush {
  readonly branch: string;
  readonly from: Revision | null;
  readonly to: Revision;
}

/** Result of a push, and the page that the server offered to open a proposal at. */
export interface BranchPushed {
  readonly failure: PushFailure | null;
  readonly offered: string | null;
}

/** Whether kgit can work with a branch of this name. */
export function isBranchName(name: string): boolean {
  return BRANCH.test(name);
}

/** The address at which to open a pull or merge request, from a server's message about a pushed branch. */
function offeredAddress(stderr: string): string | null {
  for (const line of stderr.split('\n')) {
    const address = /^remote:.*?(https?:\/\/[^\s\u0000-\u001f\u007f-\u009f]+)/.exec(line)?.[1];
    if (address) return withoutCredentials(address).slice(0, 500);
  }
  return null;
}

/** Adapts the advice of a refused push: unlike a refused write of the state branch, nothing of it is kept. */
function ofBranch(failure: PushFailure | null, branch: string): PushFailure | null {
  if (failure?.kind !== 'refused') return failure;
  const { message, data, cause } = failure.error;
  const suggestions = [
    `Ask who runs the repository to let you push to ${branch}`,
    'Or name another branch: --proposal-branch',
  ];
  return { ...failure, error: new RefusedError(message, { data, cause, suggestions }) };
}

/** Branches of the remote other than the state branch: those of proposals. */
export class RemoteBranches {
  /** For messages. */
  readonly remoteName: string;
  /** Name of the remote. */
  readonly remote: string;
  readonly #git: Git;
  readonly #options: RemoteBranchesOptions;
  readonly #reader: ObjectReader;

  /** @param git aimed at the repository's common folder */
  constructor(git: Git, options: RemoteBranchesOptions) {
    this.#git = git;
    this.#options = options;
    this.#reader = new ObjectReader(git);
    const address = options.repository.config.get(`remote.${options.remote}.url`) ?? options.remote;
    this.remote = options.remote;
    this.remoteName = `remote ${options.remote} (${withoutCredentials(address)})`;
  }

  /** Fetches the branches whose names begin with `start`, and returns their tips. Throws RemoteError. */
  async fetch(start: string, timeoutMs: number): Promise<Map<string, Revision>> {
    if (!isBranchName(start)) throw new NotFoundError(`${JSON.stringify(start.slice(0, 80))} is no branch`);
    const { remote } = this.#options;
    const refspec = `+refs/heads/${start}*:${SEEN}${start}*`;
    const args = ['fetch', ...FETCH_OPTIONS, '--prune', '--end-of-options', remote, refspec];
    const result = await retriedFetch(() => this.#git.talk(remote, args, { timeout: timeoutMs }));
    if (result.code !== 0) throw fetchFailure(result, this.remoteName, 'the command again');
    const list = [
      'for-each-ref',
      '--format=%(objectname) %(refname)',
      `${SEEN}${start}*`,
      `${SEEN}${start}*/**`,
    ];
    const lines = (await this.#git.text(list)).split('\n').filter(Boolean);
    return new Map(
      lines.map((line) => {
        const cut = line.indexOf(' ');
        return [line.slice(cut + 1 + SEEN.length), line.slice(0, cut)];
      }),
    );
  }

  /** Builds commits on a revision, like those of the state branch. Throws RefusedError, EnvironmentError. */
  async build(base: Revision, commits: readonly Commit[]): Promise<Revision[]> {
    const { revisions } = await new CommitBuilder(this.#git, this.#reader, this.#options).build(
      base,
      commits,
    );
    return revisions;
  }

  /** Moves a branch at the remote by CAS from where it was last seen, fast-forward or not. */
  async push({ branch, from, to }: BranchPush, timeoutMs: number): Promise<BranchPushed> {
    const { remote } = this.#options;
    const ref = `refs/heads/${branch}`;
    const lease = `--force-with-lease=${ref}:${from ?? ''}`;
    const args = [...PUSH_OPTIONS, lease, '--end-of-options', remote, `${to}:${ref}`];
    const result = await push(this.#git, remote, args, { timeout: timeoutMs });
    const told = pushOutcome(result, this.remoteName, branch);
    const failure = ofBranch(await this.#believed(told, { branch, from, to }, timeoutMs), branch);
    if (failure === null) await new Refs(this.#git, this.#options.repository).set(`${SEEN}${branch}`, to);
    return { failure, offered: failure === null ? offeredAddress(result.stderr) : null };
  }

  /** Checks a refusal in unknown words against the branch: it may be a lost race. */
  async #believed(
    failure: PushFailure | null,
    { branch, from, to }: BranchPush,
    timeoutMs: number,
  ): Promise<PushFailure | null> {
    if (failure?.kind !== 'refused' || failure.isKnown) return failure;
    const ref = `refs/heads/${branch}`;
    const tips = await remoteTips(this.#git, this.#options.remote, [ref], timeoutMs);
    // The remote gives no answer, so its first one stands.
    if (tips === null) return failure;
    const tip = tips.get(ref) ?? null;
    if (tip === to) return null;
    return tip === from ? failure : { kind: 'moved' };
  }

  /** Ends helper processes. */
  close(): Promise<void> {
    return this.#reader.close();
  }
}
