import { Flags } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { annotations, findingCount, findingLines } from '../cli/render/finding-lines.js';
import { EXIT_CODES, NoRepositoryError, NotFoundError, UsageError } from '../errors.js';
import { counted } from '../model/value/counted.js';
import { type Advice, directAdvice, proposalAdvice } from '../review/advice.js';
import { Findings } from '../review/finding.js';
import { commonRevision, toolsOf } from '../review/review-tools.js';
import { validate } from '../review/validate.js';
import type { OpenRepository } from '../setup/composition.js';
import { facetOf } from '../setup/facet-of.js';
import type { Settings } from '../setup/settings.js';
import type { Review } from '../store/port/review.js';
import type { Revision } from '../store/port/state-store.js';
import { TrustedRevision } from '../store/read/trusted-revision.js';
import type { CommandResult, Format } from '../terminal/output.js';

export default class Validate extends KgitCommand<typeof Validate> {
  static override summary = 'Check the files of a state repository as reviews require.';
  static override description = helpText(
    KgitCommand,
    `Checks what is checked out (HEAD; without a checkout the state branch): every file against its schema and its path, ids, times, secrets, kinds and sizes of files, and that no commit of its history took a published event away or edited it. With --base, instead of the history, what changed since the merge base with it: published events stay as they are, be they sealed meanwhile, and a change of state.yaml comes with its event. What others published on the base meanwhile is no finding. docs/review.md tells the rules.`,
    'FINDINGS',
    'NO_REPO',
    'NOT_FOUND',
    'REMOTE',
  );
  static override examples = [
    '<%= config.bin %> validate',
    '<%= config.bin %> validate --base origin/main',
    '<%= config.bin %> validate --base origin/main --format github',
    `<%= config.bin %> validate --json | jq -r '.findings[] | "\\(.path):\\(.line) \\(.message)"'`,
  ];
  static override flags = {
    base: Flags.string({
      helpValue: 'REV',
      summary: 'What is proposed to be merged into, such as origin/main.',
    }),
    format: Flags.string({
      options: ['text', 'json', 'github'],
      exclusive: ['json'],
      summary: 'How findings are printed; github: as annotations of lines.',
    }),
  };

  protected override get readsHistory(): boolean {
    return true;
  }

  protected override get readsSettingsFiles(): boolean {
    return false;
  }

  protected override get format(): Format {
    const format = this.flags.format;
    if (format === 'json') return 'json';
    return format === undefined ? super.format : 'text';
  }

  protected async execute(): Promise<CommandResult> {
    if (this.flags.config !== undefined)
      throw new UsageError('validate reads no file of settings: what it judges must not say how', {
        suggestions: ['Leave --config out; --repo names the repository, --timeout the time'],
      });
    const { opened, settings } = await this.openUnread();
    const review = facetOf(opened, 'review', 'kgit validate');
    const { repository, backend } = opened;
    const { store } = repository;
    const asked = this.flags.base;
    const base = asked === undefined ? null : await this.#base(asked, opened, settings);
    const revision = (await store.workingCopy?.checkedOut()) ?? (await store.head()).revision;
    if (revision === null)
      throw new NoRepositoryError(`${opened.path}: nothing is committed, so there is nothing to check`);
    const since = base === null ? null : await this.#mergeBase(base, revision, review, opened);
    const findings = new Findings();
    const trusted = await new TrustedRevision(opened.localFolder, store.target).read();
    const check = { review, store, backend, now: this.now(), findings, markerFault: this.markerFault };
    const range = base === null || since === null ? null : { target: base, since };
    const counts = await validate(
      revision,
      { base: range, trusted, advice: this.#advice(opened, review) },
      check,
    );
    this.setRepository(revision, (await store.head()).fetchedAt, await repository.outbox.size());
    const { list, total, errors } = findings;
    return {
      json: { findings: list, total, base: since, ...counts },
      rows: list,
      names: [...new Set(list.flatMap(({ path }) => path ?? []))],
      lines: (screen) => {
        if (this.flags.format === 'github') return annotations(list);
        const looked = `${counted(counts.files, 'file')}, ${counted(counts.events, 'event')}`;
        return [
          ...findingLines(list, screen),
          screen.style('dim', `${findingCount(total, list.length)} (${looked})`),
        ];
      },
      ...(errors > 0 ? { exitCode: EXIT_CODES.FINDINGS } : {}),
    };
  }

  /** A check against a base concerns a proposal; CI names its branch. */
  #advice({ repository }: OpenRepository, review: Review): Advice {
    const tools = toolsOf(review);
    if (!repository.store.isRemote) return directAdvice(tools);
    const { GITHUB_HEAD_REF: github, CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: gitlab } = this.environment;
    return proposalAdvice(tools, github || gitlab || null);
  }

  /**
   * Resolves the revision that --base names, asking the remote if it is the remote's branch. Throws NotFoundError,
   * RemoteError.
   */
  async #base(name: string, opened: OpenRepository, settings: Settings): Promise<Revision> {
    const { repository, name: branch, git } = opened;
    const { store } = repository;
    const { revision } = await repository.read('always', settings.timeout);
    const isBranch =
      name === branch || name === `${git?.remote}/${branch}` || name === `refs/heads/${branch}`;
    const found = isBranch ? revision : await store.history.resolve(name);
    if (found !== null) return found;
    throw new NotFoundError(`there is no revision ${JSON.stringify(name.slice(0, 80))} to compare with`, {
      suggestions: [
        `Fetch it: git fetch ${git?.remote ?? 'origin'}, and name it as git knows it, such as origin/main`,
      ],
      data: { base: name.slice(0, 300) },
    });
  }

  async #mergeBase(
    base: Revision,
    revision: Revision,
    review: Review,
    opened: OpenRepository,
  ): Promise<Revision> {
    const found = await commonRevision(review, base, revision);
    if (found !== null) return found;
    const isShallow = opened.repository.store.history.cutOff !== null;
    const fetch = `git fetch --unshallow ${opened.git?.remote ?? 'origin'} ${base} ${revision}`;
    throw new UsageError(
      isShallow
        ? 'this clone is shallow: what the two revisions have in common is cut off'
        : 'the two revisions have nothing in common',
      {
        suggestions: [
          isShallow
            ? `Fetch the history: ${fetch}; in CI have the checkout fetch all of it (fetch-depth: 0, GIT_DEPTH: "0")`
            : 'Check --base: it is of another repository, or a branch that was begun anew',
        ],
        data: { base, revision, fetch: isShallow ? fetch : null },
      },
    );
  }
}
