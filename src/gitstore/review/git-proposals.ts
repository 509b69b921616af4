import { NotFoundError, RefusedError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import { shellWord } from '../../model/value/shell-word.js';
import type { Clock } from '../../store/port/host.js';
import type {
  MergeOutcome,
  ProposalMerge,
  ProposalMove,
  ProposalMoved,
  Proposals,
  ServerAddress,
} from '../../store/port/proposals.js';
import type { Commit, Revision } from '../../store/port/state-store.js';
import { GitRemote } from '../branch/git-remote.js';
import { push } from '../branch/push.js';
import { fetchFailure, type PushFailure, pushOutcome } from '../branch/push-outcome.js';
import { Refs } from '../branch/refs.js';
import { gitBuilder } from '../objects/git-builder.js';
import { ObjectReader } from '../objects/object-reader.js';
import { type Git, withoutCredentials } from '../process/git.js';
import { remoteUrl } from '../process/remote-access.js';
import { retriedFetch } from '../process/retried-fetch.js';
import { FETCH_OPTIONS, PUSH_OPTIONS } from '../process/transfer-options.js';
import type { Repository } from '../repository/repository.js';
import { mergeBranches } from './merge-branches.js';

/** Local copies of the remote's proposal branches. */
const SEEN = 'refs/kgit/proposed/';
/** Names that git cannot mistake for anything else, in a refspec or a command. */
const BRANCH = /^(?!HEAD$|refs\/)(?!.*(\.\.|\/\/|\/\.|\.lock(\/|$)|[./]$))[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/;

export interface GitProposalsOptions {
  readonly repository: Repository;
  /** Name of the remote. */
  readonly remote: string;
  /** The state branch. */
  readonly branch: string;
  readonly committer: Actor;
  readonly clock: Clock;
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

/** Proposals as branches of the remote. */
export class GitProposals implements Proposals {
  /** For messages. */
  readonly #remoteName: string;
  readonly #git: Git;
  readonly #options: GitProposalsOptions;
  readonly #remote: GitRemote;
  readonly #reader: ObjectReader;

  /** @param git aimed at the repository's common folder */
  constructor(git: Git, options: GitProposalsOptions) {
    this.#git = git;
    this.#options = options;
    this.#reader = new ObjectReader(git);
    this.#remote = new GitRemote(git, { name: options.remote, repository: options.repository });
    const address = options.repository.config.get(`remote.${options.remote}.url`) ?? options.remote;
    this.#remoteName = `remote ${options.remote} (${withoutCredentials(address)})`;
  }

  isName(name: string): boolean {
    return isBranchName(name);
  }

  async tips(start: string, timeoutMs: number): Promise<Map<string, Revision>> {
    if (!isBranchName(start)) throw new NotFoundError(`${JSON.stringify(start.slice(0, 80))} is no branch`);
    const { remote } = this.#options;
    const refspec = `+refs/heads/${start}*:${SEEN}${start}*`;
    const args = ['fetch', ...FETCH_OPTIONS, '--prune', '--end-of-options', remote, refspec];
    const result = await retriedFetch(() => this.#git.talk(remote, args, { timeout: timeoutMs }));
    if (result.code !== 0) throw fetchFailure(result, this.#remoteName, 'the command again');
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

  async build(base: Revision, commits: readonly Commit[]): Promise<readonly Revision[]> {
    const { revisions } = await gitBuilder(this.#git, this.#reader, this.#options).build(base, commits);
    return revisions;
  }

  async move({ branch, from, to }: ProposalMove, timeoutMs: number): Promise<ProposalMoved> {
    const { remote } = this.#options;
    const ref = `refs/heads/${branch}`;
    const lease = `--force-with-lease=${ref}:${from ?? ''}`;
    const args = [...PUSH_OPTIONS, lease, '--end-of-options', remote, `${to}:${ref}`];
    const result = await push(this.#git, remote, args, { timeout: timeoutMs });
    const told = pushOutcome(result, this.#remoteName, branch);
    const failure = ofBranch(await this.#believed(told, { branch, from, to }, timeoutMs), branch);
    if (failure === null) await new Refs(this.#git, this.#options.repository).set(`${SEEN}${branch}`, to);
    return { failure, offered: failure === null ? offeredAddress(result.stderr) : null };
  }

  /** Checks a refusal in unknown words against the branch: it may be a lost race. */
  async #believed(
    failure: PushFailure | null,
    { branch, from, to }: ProposalMove,
    timeoutMs: number,
  ): Promise<PushFailure | null> {
    if (failure?.kind !== 'refused' || failure.isKnown) return failure;
    const ref = `refs/heads/${branch}`;
    const { tips } = await this.#remote.tips([ref], timeoutMs);
    // The remote gives no answer, so its first one stands.
    if (tips === null) return failure;
    const tip = tips.get(ref) ?? null;
    if (tip === to) return null;
    return tip === from ? failure : { kind: 'moved' };
  }

  merge({ ours, theirs, ...parts }: ProposalMerge): Promise<MergeOutcome> {
    const { repository, committer, clock } = this.#options;
    return mergeBranches(this.#git, ours, theirs, { ...parts, repository, committer, now: clock.now() });
  }

  address(): Promise<ServerAddress> {
    return remoteUrl(this.#git, this.#options.remote);
  }

  removal(branch: string): string {
    return `git push ${shellWord(this.#options.remote)} --delete ${shellWord(branch)}`;
  }

  mergeByHand(branch: string, files: readonly string[]): readonly string[] {
    const [name, state, proposal] = [this.#options.remote, this.#options.branch, branch].map(shellWord);
    return [
      `Begin a merge by hand: git fetch ${name} ${proposal} && git switch --detach FETCH_HEAD && git fetch ${name} ${state} && git merge FETCH_HEAD`,
      ...files.map((file) => {
        const path = shellWord(file);
        return `Decide on ${file}: git checkout FETCH_HEAD -- ${path} takes that of ${this.#options.branch}, git checkout HEAD -- ${path} that of the proposal (git rm ${path} where that side has none)`;
      }),
      `Then end it: git commit --no-edit && git push ${name} HEAD:refs/heads/${proposal} && git switch ${state}`,
    ];
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}
