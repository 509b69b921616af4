import { Flags } from '@oclif/core';
import { importFiles, type PlannedImport } from '../app/legacy/import-files.js';
import { writeImport } from '../app/legacy/write-import.js';
import { ambiguousTexts, notFoundTexts } from '../app/observe/live-clusters.js';
import type { Context } from '../app/open/configured.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { canAsk, mustAgree, yesFlag } from '../cli/input/ask.js';
import { formatPlan, importResult } from '../cli/render/import-plan.js';
import { UsageError } from '../errors.js';
import type { Operation } from '../model/operation/operation.js';
import type { WriteOutcome } from '../store/outbox/outcomes.js';
import { CONFLICT_RULES, type ImportPlan } from '../sync/plan/import-plan.js';
import { readLegacyFiles } from '../sync/read/read-legacy-files.js';
import type { CommandResult } from '../terminal/output.js';
import { progressBar } from '../terminal/progress-bar.js';
import { terminalText } from '../terminal/terminal-text.js';

export default class Import extends WriteCommand<typeof Import> {
  static override summary = 'Merge the local state of deployment scripts into the repository.';
  static override description = helpText(
    WriteCommand,
    `Reads the files that k0rdent's setup scripts keep and records what is new in them: their events, in their order, and
the state of the deployment, merged path by path with what was last imported. Importing again changes nothing, and two
people who import the same files make the same events. Values that look secret stay on this machine and are named. On a
terminal the plan is shown first.`.replaceAll('\n', ' '),
    'NOT_FOUND',
    'CLUSTER',
  );
  static override examples = [
    '<%= config.bin %> import ./state',
    '<%= config.bin %> import ~/k0rdent-azure-setup --dry-run',
    '<%= config.bin %> import ~/k0rdent-azure-setup/state --management eu-hub --on-conflict repository',
    '<%= config.bin %> import ./state --live',
  ];
  static override strict = false;
  static override usage = 'import PATH… [FLAGS]';
  static override flags = {
    ...PROPOSE_FLAGS,
    management: Flags.string({
      helpValue: 'NAME',
      summary: 'The k0rdent management cluster of the clusters.',
    }),
    namespace: Flags.string({ helpValue: 'NS', summary: 'Their namespace (kcm-system).' }),
    live: Flags.boolean({
      summary: 'Ask k0rdent for the namespace of each cluster, and list those found nowhere.',
    }),
    deployment: Flags.string({
      helpValue: 'ID',
      summary: 'The deployment, for files that do not name theirs.',
    }),
    'on-conflict': Flags.option({
      options: CONFLICT_RULES,
      default: 'fail' as const,
      summary: 'Where file and repository have both changed since the last import.',
    })(),
    yes: yesFlag('Import without asking, at a terminal, too.'),
    'skip-invalid': Flags.boolean({
      summary: 'Leave files and entries that cannot be read out, and import the rest.',
    }),
  };

  #isShown = false;

  protected async execute(): Promise<CommandResult> {
    if (this.words.length === 0)
      throw new UsageError('what to import? PATH is missing', {
        suggestions: ['Name the state folder: kgit import ./state'],
      });
    const { message, reason } = this.flags;
    const files = await readLegacyFiles(this.words, (done, all) =>
      this.notes.progress(progressBar('reading', done, all)),
    );
    const result = await importFiles(
      {
        files,
        namespace: this.flags.namespace,
        deployment: this.flags.deployment,
        isLive: this.flags.live,
        onConflict: this.flags['on-conflict'],
        skipInvalid: this.flags['skip-invalid'],
        isDryRun: this.flags['dry-run'],
        ...(message === undefined ? {} : { message }),
        ...(reason === undefined ? {} : { reason }),
        allowSecret: this.flags['allow-secret'],
      },
      {
        environment: this.environment,
        now: () => this.now(),
        open: (anew) => (anew ? this.reopen() : this.open()),
        writer: (context) => this.writer(context),
        write: (context, operations) => this.#write(context, operations),
        confirm: (planned) => this.#confirm(planned),
        onParsed: (done, all) => this.notes.progress(progressBar('parsing', done, all)),
        onPublishing: () => this.notes.progress('publishing'),
        onRefused: (plan) => this.#show(plan),
        onRefusedBefore: (plan) => {
          if (!this.#isShown) this.#show(plan);
          this.#isShown = false;
          this.note('what waited here was refused; what the files have of it still is imported now');
        },
      },
    );
    for (const text of result.live ? notFoundTexts(result.live) : []) this.note(text);
    return importResult(result, (outcome) => this.writeJson(outcome), this.#isShown);
  }

  async #write(context: Context, operations: readonly Operation[]): Promise<readonly WriteOutcome[]> {
    if (operations.length === 0 && this.flags.queue) return [];
    return this.write(context, (writing) => writeImport(writing, operations));
  }

  async #confirm({ plan, live }: PlannedImport): Promise<void> {
    for (const text of live ? ambiguousTexts(live) : []) this.note(text);
    // Without a terminal nobody is asked: scripts just import, and importing twice changes nothing.
    if (!canAsk() || plan.parts.length === 0 || this.flags['dry-run'] || this.format !== 'text') return;
    this.#show(plan);
    this.#isShown = true;
    const words = { declined: 'nothing was imported', withYes: 'kgit import PATH --yes' };
    await mustAgree({ text: 'Import this?', ...words }, this.flags.yes);
  }

  /** Shows people a plan that will not be carried out, or has not been yet. */
  #show(plan: ImportPlan): void {
    if (this.format !== 'text') return;
    this.notes.clear();
    const width = process.stderr.isTTY ? process.stderr.columns : null;
    process.stderr.write(`${formatPlan(plan, width).map(terminalText).join('\n')}\n`);
  }
}
