import { Flags } from '@oclif/core';
import {
  ambiguousTexts,
  liveReport,
  namespacesByName,
  notFoundTexts,
  observeAll,
  requireManagement,
} from '../app/observe/live-clusters.js';
import { defaultManagement } from '../app/subjects.js';
import { publishTogether } from '../app/write/publish-together.js';
import type { Context } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { canAsk, mustAgree, yesFlag } from '../cli/input/ask.js';
import { ConflictError, UsageError } from '../errors.js';
import type { Observation } from '../k0rdent/observe/observation.js';
import type { Operation } from '../model/operation/operation.js';
import { findSecrets } from '../model/secret/find-secrets.js';
import { guardSecrets } from '../model/secret/guard-secrets.js';
import { shownPath } from '../model/secret/shown-path.js';
import { thisHost } from '../setup/this-host.js';
import { ImportedFiles } from '../store/local/imported-files.js';
import type { WriteOutcome } from '../store/outbox/outcomes.js';
import { listSubjects } from '../store/read/records.js';
import { keepLocally } from '../sync/apply/keep-locally.js';
import { parseImport } from '../sync/parse/parse-import.js';
import { existingRecords } from '../sync/plan/existing-records.js';
import { formatPlan, resumedText } from '../sync/plan/format-plan.js';
import { importOperation } from '../sync/plan/import-operation.js';
import {
  CONFLICT_RULES,
  type ConflictRule,
  type ImportPart,
  type ImportPlan,
  refusalOf,
  skippedFiles,
} from '../sync/plan/import-plan.js';
import { areRecorded, recordStands } from '../sync/plan/import-stands.js';
import { lastImported } from '../sync/plan/last-imported.js';
import { planImport } from '../sync/plan/plan-import.js';
import type { ImportSettings, ParsedFile } from '../sync/read/parsed-file.js';
import { type LegacyFile, readLegacyFiles } from '../sync/read/read-legacy-files.js';
import type { CommandResult } from '../terminal/output.js';
import { progressBar } from '../terminal/progress-bar.js';
import { terminalText } from '../terminal/terminal-text.js';

const TRIES = 3;
const GUARD = { find: findSecrets, show: shownPath };

interface Planned {
  readonly context: Context;
  readonly parsed: readonly ParsedFile[];
  readonly plan: ImportPlan;
  readonly live: ReturnType<typeof liveReport> | null;
}

export default class Import extends WriteCommand {
  static override summary = 'Merge the local state of deployment scripts in.';
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
    'on-conflict': Flags.string({
      options: [...CONFLICT_RULES],
      default: 'fail',
      summary: 'Where file and repository have both changed since the last import.',
    }),
    yes: yesFlag('Import without asking, at a terminal, too.'),
    'skip-invalid': Flags.boolean({
      summary: 'Leave files and entries that cannot be read out, and import the rest.',
    }),
  };

  #isShown = false;
  readonly #outcomes: Record<string, unknown>[] = [];
  #observed: Observation | null = null;

  protected async execute(): Promise<CommandResult> {
    if (this.words.length === 0)
      throw new UsageError('what to import? PATH is missing', {
        suggestions: ['Name the state folder: kgit import ./state'],
      });
    const files = await readLegacyFiles(this.words, (done, all) =>
      this.notes.progress(progressBar('reading', done, all)),
    );
    let planned = await this.#plan(await this.open(), files);
    await this.#confirm(planned);
    for (let tries = 1; ; tries++) {
      try {
        const result = await this.#write(planned);
        const rest = tries < TRIES ? await this.#refused(planned, files) : null;
        if (rest === null) return result;
        if (!this.#isShown) this.#show(planned.plan);
        this.#isShown = false;
        this.note('what waited here was refused; what the files have of it still is imported now');
        planned = rest;
      } catch (error) {
        if (!(error instanceof ConflictError) || tries === TRIES) throw error;
        // Somebody imported the same, or changed the state, since the plan was made: it is made anew on what is there.
        planned = await this.#plan(await this.reopen(), files);
      }
    }
  }

  /** A plan for what was refused since a plan was made that took it as there; null where nothing is to be imported. */
  async #refused({ context }: Planned, files: readonly LegacyFile[]): Promise<Planned | null> {
    const { pending } = context.reading;
    if (pending.length === 0) return null;
    const now = await this.reopen();
    if (await areRecorded(pending, now.reading.view)) return null;
    const planned = await this.#plan(now, files);
    return planned.plan.parts.length > 0 ? planned : null;
  }

  async #plan(context: Context, files: readonly LegacyFile[]): Promise<Planned> {
    const skipInvalid = this.flags['skip-invalid'] === true;
    const management = defaultManagement(context);
    const settings: ImportSettings = {
      management,
      namespace: (this.flags['namespace'] as string | undefined) ?? context.settings.namespace,
      namespaces: await this.#namespaces(context, management),
      deployment: this.flags['deployment'] as string | undefined,
      skipInvalid,
      secrets: GUARD,
    };
    const parsed = parseImport(files, settings, (done, all) =>
      this.notes.progress(progressBar('parsing', done, all)),
    );
    const { view, pending } = context.reading;
    const imported = new ImportedFiles(context.opened.localFolder, recordStands(view));
    const local = await lastImported(parsed, (place) => imported.last(place), GUARD);
    const onConflict = this.flags['on-conflict'] as ConflictRule;
    const existing = await existingRecords(view, parsed, local, pending);
    const plan = planImport(parsed, existing, { onConflict, skipInvalid });
    const refusal = refusalOf(plan);
    if (refusal) {
      this.#show(plan);
      throw refusal;
    }
    const subjects = parsed.map(({ subject }) => subject);
    return { context, parsed, plan, live: this.#observed && liveReport(subjects, this.#observed) };
  }

  /** The namespaces of clusters that are known: those that the repository has, so that none comes in twice, else the live ones. */
  async #namespaces(context: Context, management: string): Promise<ReadonlyMap<string, string>> {
    const subjects = await listSubjects(context.reading.view, 'cluster');
    const known = subjects.filter((subject) => subject.kind === 'cluster');
    const named = this.flags['namespace'] as string | undefined;
    if (this.flags['live'] === true)
      this.#observed ??= await observeAll({
        environment: this.environment,
        timeoutMs: context.settings.timeout,
        now: () => this.now(),
        managements: context.managements,
        namespaces: [
          ...(named === undefined ? [] : [named]),
          ...[context.settings.namespace, ...known.map(({ namespace }) => namespace)],
        ],
      });
    if (this.#observed) requireManagement(this.#observed, management);
    const live = namespacesByName(this.#observed?.clusters ?? [], management, named);
    if (named !== undefined) return live;
    return new Map([...live, ...namespacesByName(known, management)]);
  }

  async #confirm({ plan, live }: Planned): Promise<void> {
    for (const text of live ? ambiguousTexts(live) : []) this.note(text);
    // Without a terminal nobody is asked: scripts import, and what is imported twice is imported once.
    if (!canAsk() || plan.parts.length === 0 || this.flags['dry-run'] || this.format !== 'text') return;
    this.#show(plan);
    this.#isShown = true;
    const words = { declined: 'nothing was imported', withYes: 'kgit import PATH --yes' };
    await mustAgree({ text: 'Import this?', ...words }, this.flags['yes'] === true);
  }

  /** Shows people a plan that is not, or not yet, carried out. */
  #show(plan: ImportPlan): void {
    if (this.format !== 'text') return;
    this.notes.clear();
    const width = process.stderr.isTTY ? process.stderr.columns : null;
    process.stderr.write(`${formatPlan(plan, width).map(terminalText).join('\n')}\n`);
  }

  async #write({ context, parsed, plan, live }: Planned): Promise<CommandResult> {
    const isDry = this.flags['dry-run'] === true;
    const local = keepLocally(context.opened.localFolder, parsed);
    // Before anything is published: what is withheld from everybody must not be lost here.
    if (!isDry) await local.secrets();
    const operations = plan.parts.map((part) => this.#operation(context, part));
    this.notes.progress('publishing');
    const outcomes = await this.#submitAll(context, operations);
    this.#outcomes.push(...outcomes.map((outcome) => this.writeJson(outcome)));
    if (!isDry) await local.files(context.reading.view, { plan, operations });
    const [
      only = { operation: null, revision: context.reading.revision, delivery: 'unchanged', attempts: 0 },
    ] = this.#outcomes;
    const word =
      plan.parts.length === 0 ? resumedText(outcomes.length, only['delivery']) : String(only['delivery']);
    for (const text of live ? notFoundTexts(live) : []) this.note(text);
    return {
      json: {
        files: plan.files,
        skipped: skippedFiles(plan),
        ...(live ? { live } : {}),
        ...only,
        ...(this.#outcomes.length > 1 ? { operations: this.#outcomes } : {}),
      },
      rows: plan.files,
      names: plan.files.map(({ path }) => path),
      lines: ({ style, width }) => [
        ...(this.#isShown ? [] : formatPlan(plan, width).map(terminalText)),
        `${style('green', '✓')} ${word}`,
      ],
    };
  }

  async #submitAll(context: Context, operations: readonly Operation[]): Promise<WriteOutcome[]> {
    const submit = (operation: Operation) =>
      this.submit(context, operation, (operation.change?.preconditions.length ?? 0) > 0);
    const { lock, queue, 'dry-run': dryRun } = this.flags;
    if (operations.length === 0) return queue || dryRun ? [] : this.#resume(context);
    const isAlone = lock !== undefined || this.handedClaims.length > 0;
    if (isAlone || queue || dryRun || context.settings.publishInterval > 0) {
      const outcomes: WriteOutcome[] = [];
      for (const operation of operations) outcomes.push(await submit(operation));
      return outcomes;
    }
    const options = { requirePublish: this.mustPublish, deadline: this.deadline(context.settings) };
    return publishTogether(context.opened.repository, operations, options, submit);
  }

  /** Publishes what waits here and the plan found there already: an import that was interrupted. */
  async #resume(context: Context): Promise<WriteOutcome[]> {
    const { opened, reading, settings } = context;
    const options = {
      requirePublish: this.mustPublish,
      withdraw: false,
      deadline: this.deadline(settings),
    };
    const outcomes: WriteOutcome[] = [];
    for (const { id } of reading.pending) outcomes.push(await opened.repository.publish(id, options));
    for (const note of outcomes.flatMap(({ notes }) => notes)) this.note(note);
    if (outcomes.length > 0) await this.refreshRepository(context);
    return outcomes;
  }

  #operation(context: Context, part: ImportPart): Operation {
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
    return guardSecrets(operation, this.flags['allow-secret']);
  }
}
