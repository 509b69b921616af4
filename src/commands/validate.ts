import { Flags } from '@oclif/core';
import {
  type Judge,
  type Reviewed,
  type ValidatedRevision,
  validateRevision,
} from '../app/review/validate-revision.js';
import { validateStage } from '../app/review/validate-staged.js';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { findingsResult } from '../cli/render/finding-lines.js';
import { UsageError } from '../errors.js';
import { MARKER_FILE } from '../model/subject/layout.js';
import { counted } from '../model/value/counted.js';
import type { CommandResult, Format } from '../terminal/output.js';

export default class Validate extends KgitCommand<typeof Validate> {
  static override summary = 'Check the files of a state repository as reviews require.';
  static override description = helpText(
    KgitCommand,
    `Checks the revision that is checked out (HEAD; without a checkout, the state branch): every file against its schema and its path, ids, times, secrets, kinds and sizes of files, and that no commit of its history removed or edited a published event. With --base, it checks what changed since the merge base instead of the history: published events are unchanged, even if they were sealed since, and each change of state.yaml comes with its event. What others have published on the base in the meantime is not a finding. With --staged, it checks what the next commit adds, changes and removes, for a hook of git (kgit hooks install): its cost does not grow with the repository. docs/review.md describes the rules.`,
    'FINDINGS',
    'NO_REPO',
    'NOT_FOUND',
    'REMOTE',
  );
  static override examples = [
    '<%= config.bin %> validate',
    '<%= config.bin %> validate --base origin/main',
    '<%= config.bin %> validate --base origin/main --format github',
    '<%= config.bin %> validate --staged',
    `<%= config.bin %> validate --json | jq -r '.findings[] | "\\(.path):\\(.line) \\(.message)"'`,
  ];
  static override flags = {
    base: Flags.string({
      helpValue: 'REV',
      summary: 'The revision that the proposal is to be merged into, such as origin/main.',
    }),
    staged: Flags.boolean({
      exclusive: ['base'],
      summary: 'Check what is staged for the next commit, as it is in the index.',
    }),
    format: Flags.string({
      options: ['text', 'json', 'github'],
      exclusive: ['json'],
      summary: 'Format of the findings; github prints annotations of lines.',
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
      throw new UsageError(
        'validate reads no settings file: the content under review must not decide how it is checked',
        {
          suggestions: ['Leave --config out; --repo names the repository, --timeout the time'],
        },
      );
    const reviewed = await this.openUnread();
    const judge = { now: this.now(), markerFault: this.markerFault };
    const { revision, since, findings, counts } = this.flags.staged
      ? await this.#staged(reviewed, judge)
      : await this.#revision(reviewed, judge);
    const { store, outbox } = reviewed.opened.repository;
    this.setRepository(revision, (await store.head()).fetchedAt, await outbox.size());
    return findingsResult(findings, {
      json: { base: since, ...counts },
      scope: `${counted(counts.files, 'file')}, ${counted(counts.events, 'event')}`,
      annotates: this.flags.format === 'github',
    });
  }

  #revision(reviewed: Reviewed, judge: Judge): Promise<ValidatedRevision> {
    const { GITHUB_HEAD_REF: github, CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: gitlab } = this.environment;
    return validateRevision(reviewed, { base: this.flags.base, branch: github || gitlab || null }, judge);
  }

  async #staged(reviewed: Reviewed, judge: Judge) {
    const { parent, isState, findings, counts } = await validateStage(reviewed, judge);
    if (!isState) this.note(`nothing was checked: this branch has no ${MARKER_FILE}, so it holds no state`);
    return { revision: parent, since: null, findings, counts: { ...counts, history: null } };
  }
}
