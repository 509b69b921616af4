import { Flags } from '@oclif/core';
import { type Context, helpText } from '../base-command.js';
import { confirm } from '../cli/confirm.js';
import type { CommandResult } from '../cli/output.js';
import { defaultManagement } from '../cli/subjects.js';
import { terminalText } from '../cli/terminal-text.js';
import { ConflictError, InterruptedError, UsageError } from '../errors.js';
import { findSecrets } from '../model/secret/find-secrets.js';
import { guardSecrets } from '../model/secret/guard-secrets.js';
import { shownPath } from '../model/secret/shown-path.js';
import { PROPOSE_FLAGS } from '../propose-flags.js';
import { existingRecords } from '../sync/existing-records.js';
import { formatPlan } from '../sync/format-plan.js';
import { importOperation } from '../sync/import-operation.js';
import {
  CONFLICT_RULES,
  type ConflictRule,
  type ImportPart,
  type ImportPlan,
  refusalOf,
} from '../sync/import-plan.js';
import { parseImport } from '../sync/parse-import.js';
import { planImport } from '../sync/plan-import.js';
import { type LegacyFile, readLegacyFiles } from '../sync/read-legacy-files.js';
import { thisHost } from '../this-host.js';
import { WriteCommand } from '../write-command.js';

const TRIES = 3;

export default class Import extends WriteCommand {
  static override summary = 'Merge the local state of deployment scripts in.';
  static override description = helpText(
    `Reads the YAML files that k0rdent's setup scripts keep in state/ and records what is new in them: their events, in
their order, and the state of the deployment. Importing again changes nothing, and two people who import the same
files make the same events. Values that look secret are left out and named. On a terminal the plan is shown first.`.replaceAll(
      '\n',
      ' ',
    ),
    'USAGE',
    'NO_REPO',
    'LOCK_HELD',
    'CONFLICT',
    'FENCED',
    'INVALID_STATE',
    'NOT_FOUND',
    'REMOTE',
    'SECRET',
    'REFUSED',
  );
  static override examples = [
    '<%= config.bin %> import ./state',
    '<%= config.bin %> import ./state --dry-run',
    '<%= config.bin %> import ~/k0rdent-azure-setup/state --management eu-hub --on-conflict repository',
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
    deployment: Flags.string({
      helpValue: 'ID',
      summary: 'The deployment, for files that do not name theirs.',
    }),
    'on-conflict': Flags.string({
      options: [...CONFLICT_RULES],
      default: 'fail',
      summary: 'Where file and repository hold different values.',
    }),
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
    const files = await readLegacyFiles(this.words);
    const first = await this.open();
    const plan = await this.#plan(first, files);
    await this.#confirm(plan);
    let attempt = { plan, context: first };
    for (let tries = 1; ; tries++) {
      try {
        return await this.#write(attempt.context, attempt.plan);
      } catch (error) {
        if (!(error instanceof ConflictError) || tries === TRIES) throw error;
        // Somebody imported the same, or changed the state, since the plan was made: it is made anew on what is there.
        const context = await this.reopen();
        attempt = { context, plan: await this.#plan(context, files) };
      }
    }
  }

  async #plan(context: Context, files: readonly LegacyFile[]): Promise<ImportPlan> {
    const skipInvalid = this.flags['skip-invalid'] === true;
    const parsed = parseImport(files, {
      management: defaultManagement(context),
      namespace: (this.flags['namespace'] as string | undefined) ?? context.settings.namespace,
      deployment: this.flags['deployment'] as string | undefined,
      skipInvalid,
      secrets: { find: findSecrets, show: shownPath },
    });
    const onConflict = this.flags['on-conflict'] as ConflictRule;
    const plan = planImport(parsed, await existingRecords(context.reading.view, parsed), {
      onConflict,
      skipInvalid,
    });
    const refusal = refusalOf(plan);
    if (refusal) throw refusal;
    return plan;
  }

  async #confirm(plan: ImportPlan): Promise<void> {
    const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
    if (!isTerminal || plan.parts.length === 0 || this.flags['dry-run'] || this.format !== 'text') return;
    process.stderr.write(`${formatPlan(plan).map(terminalText).join('\n')}\n`);
    this.#isShown = true;
    if (!(await confirm('Import this?', process.stdin, process.stderr)))
      throw new InterruptedError('nothing was imported');
  }

  async #write(context: Context, plan: ImportPlan): Promise<CommandResult> {
    const outcomes: Record<string, unknown>[] = [];
    for (const part of plan.parts) outcomes.push(await this.#writePart(context, part));
    const [
      only = { operation: null, revision: context.reading.revision, delivery: 'unchanged', attempts: 0 },
    ] = outcomes;
    const word = plan.parts.length === 0 ? 'nothing new' : String(only['delivery']);
    return {
      json: { files: plan.files, ...only, ...(outcomes.length > 1 ? { operations: outcomes } : {}) },
      rows: plan.files,
      names: plan.files.map(({ path }) => path),
      lines: ({ style }) => [
        ...(this.#isShown ? [] : formatPlan(plan).map(terminalText)),
        `${style('green', '✓')} ${word}`,
      ],
    };
  }

  async #writePart(context: Context, part: ImportPart): Promise<Record<string, unknown>> {
    const { message, reason } = this.flags;
    const operation = importOperation(part, {
      operationId: this.ids.next(),
      eventId: this.ids.next(),
      time: this.now(),
      actor: this.actor(context),
      runId: this.ciRun.id,
      fields: {
        user: this.actor(context).name,
        ...(message === undefined ? {} : { message }),
        ...(reason === undefined ? {} : { reason }),
        host: thisHost.hostname,
      },
    });
    const isConditional = (operation.change?.preconditions.length ?? 0) > 0;
    return this.writeJson(
      await this.submit(context, guardSecrets(operation, this.flags['allow-secret']), isConditional),
    );
  }
}
