import {
  ConflictError,
  InvalidStateError,
  type KgitError,
  NotFoundError,
  RefusedError,
  RemoteError,
  UsageError,
} from '../../errors.js';
import type { ForgeProposal } from '../../forge/forge.js';
import { checkOperation } from '../../model/operation/check-operation.js';
import { commitMessage } from '../../model/operation/commit-message.js';
import type { Operation } from '../../model/operation/operation.js';
import { proposalBranch } from '../../model/operation/proposal-branch.js';
import { type RequestText, requestText } from '../../model/operation/proposal-text.js';
import { withProposedIf } from '../../model/operation/proposed-if.js';
import { refuseTexts } from '../../model/secret/guard-secrets.js';
import { formatSubject } from '../../model/subject/subject.js';
import type { OpenRepository } from '../../setup/composition.js';
import { systemClock } from '../../setup/this-host.js';
import { type ProposalPlace, type WriteOutcome, waiting } from '../../store/outbox/outcomes.js';
import { planBatch, sealingOf } from '../../store/plan/plan-batch.js';
import type { Proposals } from '../../store/port/proposals.js';
import type { Revision } from '../../store/port/state-store.js';
import { type FoundForge, openProposals } from './open-proposals.js';
import { type Proposed, proposedChange, proposedEvents } from './proposed-events.js';
import { requestToMerge } from './request-to-merge.js';
import { talkMs, untilMoved } from './retry.js';

export interface ProposeOptions {
  /** Title of the request to merge. */
  readonly title: string | undefined;
  /** The proposal's branch; named after the user and the subject if left out. */
  readonly branch: string | undefined;
  /** The remote's forge. */
  readonly found: FoundForge;
  /** Whether to fail if the branch was pushed but the request to merge could not be opened. */
  readonly mustOpen: boolean;
  /** ms since the epoch */
  readonly deadline: number;
}

/** Puts an operation on the branch of a proposal, and opens a request to merge it or updates the open one. */
class Proposal {
  readonly #opened: OpenRepository;
  #operation: Operation;
  readonly #options: ProposeOptions;
  readonly #proposals: Proposals;
  readonly #branch: string;
  readonly #notes: string[] = [];
  #found: Promise<ForgeProposal | null> | null = null;

  constructor(opened: OpenRepository, proposals: Proposals, operation: Operation, options: ProposeOptions) {
    this.#opened = opened;
    this.#proposals = proposals;
    this.#operation = operation;
    this.#options = options;
    this.#branch = options.branch ?? proposalBranch(operation.actor.name, subjectOf(operation));
  }

  async run(): Promise<WriteOutcome> {
    refuseTexts({ proposal_branch: this.#branch, title: this.#options.title });
    checkOperation(this.#operation, this.#opened.repository.store.maxFileBytes);
    this.#checkBranch();
    this.#operation = withProposedIf(await withFixedRevisions(this.#operation, this.#opened));
    try {
      const { result, attempts } = await untilMoved(systemClock, this.#options.deadline, () =>
        this.#attempt(),
      );
      const { applied, tip, published, offered } = result;
      const base = { ...waiting(this.#operation.id), attempts, ...sealingOf(applied) };
      if (tip === published) return { ...base, attempts: 0, delivery: 'unchanged', revision: published };
      const change = await proposedChange(this.#opened, published, tip);
      const text = requestText(change, this.#branch, this.#options.title);
      const request = await this.#request(text, offered, tip);
      const changes = 'changes' in applied ? applied.changes : [];
      const duplicates = 'duplicates' in applied ? applied.duplicates : [];
      const proposal = { branch: this.#branch, revision: tip, ...request };
      return { ...base, delivery: 'proposed', changes, duplicates, proposal, notes: this.#notes };
    } finally {
      await this.#proposals.close();
    }
  }

  #checkBranch(): void {
    if (this.#proposals.isName(this.#branch) && this.#branch !== this.#opened.name) return;
    throw new UsageError(`${JSON.stringify(this.#branch.slice(0, 80))} cannot be the branch of a proposal`, {
      suggestions: ['Leave --proposal-branch out, and kgit names it'],
    });
  }

  /** Makes one attempt to move the branch. */
  async #attempt() {
    const { store } = this.#opened.repository;
    const ms = () => talkMs(systemClock, this.#options.deadline);
    const { revision: published } = await store.refresh(ms());
    if (published === null)
      throw new NotFoundError(`the branch ${this.#opened.name} is empty`, {
        suggestions: ['Run kgit init'],
      });
    const seen = (await this.#proposals.tips(this.#branch, ms())).get(this.#branch) ?? null;
    const isOpen = seen !== null && (await this.#isOpen(published, seen));
    const base = isOpen ? seen : published;
    const { applied, commits } = await this.#plan(base);
    if (commits.length === 0) return { done: { applied, tip: base, published, offered: null } };
    const to = (await this.#proposals.build(base, commits)).at(-1) ?? base;
    const { failure, offered } = await this.#proposals.move({ branch: this.#branch, from: seen, to }, ms());
    return failure ? { failure } : { done: { applied, tip: to, published, offered } };
  }

  async #plan(base: Revision) {
    const { store } = this.#opened.repository;
    const { id } = this.#operation;
    const entry = {
      name: '',
      id,
      operation: this.#operation,
      target: store.target,
      attempts: 0,
      error: null,
    };
    const { entries, commits } = await planBatch(store, base, [entry]);
    const applied = entries[0]?.applied;
    if (!applied) throw new RangeError('an operation that is planned is applied or rejected');
    if (applied.kind === 'rejected') throw this.#onBranch(applied.error);
    const { title } = this.#options;
    const events = 'events' in applied ? applied.events : [];
    const message = commitMessage(this.#operation, events, title);
    return { applied, commits: commits.map((commit) => ({ ...commit, message })) };
  }

  /** Adds advice to the error of a file that is broken only on the proposal's branch. */
  #onBranch(error: KgitError): KgitError {
    if (error.code !== 'INVALID_STATE') return error;
    return new InvalidStateError(`${error.message} (on ${this.#branch})`, {
      data: { ...error.data, branch: this.#branch },
      suggestions: [
        `Fix it on ${this.#branch}, or close that proposal and delete its branch`,
        'Or name another branch: --proposal-branch',
      ],
    });
  }

  /** Whether the branch still awaits review. If it was merged or closed, the next proposal starts anew. */
  async #isOpen(published: Revision, tip: Revision): Promise<boolean> {
    if ((await this.#proposed(published, tip)).isMerged) return false;
    const found = await this.#find();
    // Commits that were pushed after it was closed were never reviewed: a new request includes them.
    if (found === null || found.isOpen || (found.tip !== null && found.tip !== tip)) return true;
    const note = `#${found.number} is closed, so this begins a new proposal on ${this.#branch}`;
    if (!this.#notes.includes(note)) this.#notes.push(note);
    return false;
  }

  /** What the branch adds. Throws ConflictError if it has nothing in common with the state branch. */
  async #proposed(published: Revision, tip: Revision): Promise<Proposed> {
    const { name } = this.#opened;
    try {
      return await proposedEvents(this.#opened, published, tip);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      throw new ConflictError(`${this.#branch} and ${name} have no commit in common`, {
        data: { branch: this.#branch, revision: tip },
        suggestions: [
          `Look at what is there; if nobody needs it, delete it: ${this.#proposals.removal(this.#branch)}`,
          'Or name another branch: --proposal-branch',
        ],
      });
    }
  }

  /** The forge's request to merge; null if there is none, or the forge cannot be asked. */
  #find(): Promise<ForgeProposal | null> {
    this.#found ??= this.#ask();
    return this.#found;
  }

  async #ask(): Promise<ForgeProposal | null> {
    try {
      return (await this.#options.found.forge?.find(this.#branch, this.#opened.name)) ?? null;
    } catch (error) {
      // The branch is pushed all the same; opening the request then reports what is wrong.
      if (error instanceof RemoteError || error instanceof RefusedError) return null;
      throw error;
    }
  }

  async #request(
    text: RequestText,
    offered: string | null,
    revision: Revision,
  ): Promise<Pick<ProposalPlace, 'url' | 'number' | 'request'>> {
    const { found, mustOpen, title } = this.#options;
    const { name: base } = this.#opened;
    const url = offered ?? found.page?.(this.#branch, base) ?? null;
    const byHand = { url, number: null, request: text };
    const open = `open the request to merge ${this.#branch} ${url ? `at ${url}` : 'in the browser'}`;
    if (found.forge === null) {
      this.#notes.push(`${found.noForge}: ${open}`);
      return byHand;
    }
    try {
      const request = { head: this.#branch, base, title, text };
      const { url: at, number } = await requestToMerge(found.forge, request, await this.#find());
      return { url: at, number };
    } catch (error) {
      if (!(error instanceof RemoteError || error instanceof RefusedError)) throw error;
      if (mustOpen) throw this.#notOpened(error, revision, url);
      this.#notes.push(
        `pushed, but without a request to merge: ${error.message}`,
        ...error.suggestions,
        open,
      );
      return byHand;
    }
  }

  /**
   * The error for a request to merge that must be opened: in CI nobody reads a note, and a proposal that nobody is
   * asked to review is never merged.
   */
  #notOpened(error: KgitError, revision: Revision, url: string | null): KgitError {
    const Class = error instanceof RefusedError ? RefusedError : RemoteError;
    const data = { ...error.data, operation: this.#operation.id, branch: this.#branch, revision, url };
    return new Class(`${error.message} (the branch ${this.#branch} is pushed, without a request to merge)`, {
      suggestions: [...error.suggestions, 'Running the command again opens it'],
      data,
    });
  }
}

/** Resolves the revisions in an operation's conditions to full ids: `HEAD~1` differs between clones. */
async function withFixedRevisions(operation: Operation, opened: OpenRepository): Promise<Operation> {
  const { change } = operation;
  if (!change) return operation;
  const preconditions = await Promise.all(
    change.preconditions.map(async (condition) => {
      if (condition.check !== 'unchanged-since') return condition;
      const revision = await opened.repository.store.history.resolve(condition.revision);
      return revision === null ? condition : { ...condition, revision };
    }),
  );
  return { ...operation, change: { ...change, preconditions } };
}

/** The subject that names the branch: the changed deployment, else the one that all events are about. */
function subjectOf({ change, events }: Operation) {
  const changed = events.find(({ event }) => event.id === change?.event);
  const subjects = new Set(events.map(({ subject }) => formatSubject(subject)));
  return changed?.subject ?? (subjects.size === 1 ? (events[0]?.subject ?? null) : null);
}

/**
 * Proposes an operation instead of publishing it: one commit on the user's branch for its subject, and a request to
 * merge it. Throws ConflictError, RemoteError, RefusedError, UsageError.
 */
export async function proposeOperation(
  opened: OpenRepository,
  operation: Operation,
  options: ProposeOptions,
): Promise<WriteOutcome> {
  return new Proposal(opened, await openProposals(opened), operation, options).run();
}
