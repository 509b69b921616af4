import { Args, Flags } from '@oclif/core';
import { runUnderLease } from '../app/lease-run.js';
import type { Context } from '../cli/base/base-command.js';
import { asKgitError } from '../cli/base/failure.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { parseParameters } from '../cli/input/assignments.js';
import { commandText } from '../cli/input/command-text.js';
import { failureText, type Recorded, row, runResult, type Write } from '../cli/render/run-result.js';
import { InterruptedError, type KgitError, RefusedError, UsageError } from '../errors.js';
import type { LeaseClaim } from '../model/lease/lease.js';
import type { ValueMap } from '../model/value/value.js';
import { type ChildEnd, runForUser, splitCommand } from '../process/child-command.js';
import { EndSignals } from '../process/end-signals.js';
import type { Settings } from '../setup/settings.js';
import type { WriteOutcome } from '../store/outbox/outcomes.js';
import type { CommandResult } from '../terminal/output.js';
import { styleFor } from '../terminal/style.js';

/** What `kgit run` itself records among the parameters. */
const OWN_PARAMETERS = ['exit_code', 'signal'];

export default class Run extends WriteCommand<typeof Run> {
  static override summary = 'Run a command, and record when it started and how it ended.';
  static override description = helpText(
    WriteCommand,
    `Runs COMMAND between a 'started' and a 'succeeded' or 'failed' event of ACTION: with its exit code, its duration, the command line (secrets masked) and one run id, which the command finds in KGIT_RUN_ID.

The first event is kept durably before the command starts, both are published (with --propose: proposed) when it has ended, so a slow network never delays it. Signals are passed on. COMMAND has the terminal's streams as they are; what kgit has to say goes to stderr. With -o json, yaml, jsonl or name, the standard output of COMMAND goes to stderr, for stdout carries the result alone.

Exits with the exit code of COMMAND: 127 where there is no such command, 126 where it cannot be run, 128+n after signal n. The codes below are those of kgit: nothing was run (of 2 to 15, 18 and 19), or COMMAND succeeded and its record could not be published.`,
    'NOT_FOUND',
  );
  static override examples = [
    '<%= config.bin %> run cluster_created --cluster prod-eu-1 -- ./create-child.sh --cluster-name prod-eu-1',
    '<%= config.bin %> run setup --deployment k0rdent-abc123 --phase setup_network -- make network',
    '<%= config.bin %> run upgrade --cluster prod --param template=azure-standalone-cp-1-0-46 --json -- helm upgrade kcm ./chart',
  ];
  static override strict = false;
  static override usage = 'run ACTION [SUBJECT] [FLAGS] -- COMMAND…';
  static override args = {
    action: Args.string({ description: 'What is done, one word such as cluster_created.' }),
  };
  static override flags = {
    ...PROPOSE_FLAGS,
    cluster: Flags.string({
      helpValue: '[[MGMT/]NS/]NAME',
      exclusive: ['deployment'],
      summary: 'The cluster it is done to.',
    }),
    deployment: Flags.string({ helpValue: 'ID', summary: 'The deployment it is done to (KGIT_DEPLOYMENT).' }),
    create: Flags.boolean({ summary: 'Begin the deployment if the repository does not know it.' }),
    param: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'K=V',
      summary: 'A parameter used: text, or YAML with K:=V.',
    }),
    phase: Flags.string({ helpValue: 'NAME', summary: 'The deployment phase it belongs to.' }),
  };

  /** Whether a signal came while the events were being published. */
  #isInterrupted = false;
  #madeRunId: string | undefined;
  protected override readonly tellsWaits = false;

  /** Both events, and all that the command itself records, have one run id. */
  protected override get ciRun(): { id: string; url: string | null } {
    const { id, url } = super.ciRun;
    this.#madeRunId ??= this.ids.next();
    return { id: id ?? this.#madeRunId, url };
  }

  /** The command may have run for long: the time for the network begins when it has ended. */
  protected override deadline(settings: Settings): number {
    return this.now() + settings.timeout;
  }

  protected async execute(): Promise<CommandResult> {
    const { action, subject: named, command } = this.#words();
    const fields = {
      action,
      ...(this.flags.phase === undefined ? {} : { phase: this.flags.phase }),
      command: commandText(command),
      run_id: this.ciRun.id,
    };
    const parameters = this.#parameters();
    const context = await this.open('never');
    const subject = await this.eventSubject(context, named);
    const claim = await this.claim(context);
    const write = (outcome: string, more: ValueMap, seconds?: number): Write => {
      const all = { ...parameters, ...more };
      const event = this.event(context, {
        ...{ ...fields, outcome },
        ...(seconds === undefined ? {} : { duration_seconds: seconds }),
        ...(Object.keys(all).length > 0 ? { parameters: all } : {}),
      });
      const written = { subject, event };
      const isClaimed = claim !== null && !this.#isProposed;
      return { ...written, operation: this.operation(context, [written], isClaimed ? { claim } : {}) };
    };
    const started = write('started', {});
    const { repository } = context.opened;
    if (this.flags['dry-run']) {
      const outcome = await this.submit(context, started.operation);
      return runResult({ started: row(started, outcome), ended: null, error: null }, null);
    }
    await repository.keep(started.operation);
    // Who has lost the lease must not even begin.
    const isFirst = claim !== null && !this.flags.queue && !this.#isProposed;
    const begun = isFirst ? await this.#publish(context, started) : null;
    // Ctrl-C would end git's reader, too; it starts again when it is needed.
    await repository.close();
    const signals = new EndSignals();
    try {
      const end = await this.#runCommand(context, command, signals, claim);
      const interrupted = new Promise<null>((resolve) => signals.to(() => resolve(null)));
      const more = { exit_code: end.exitCode, ...(end.signal ? { signal: end.signal } : {}) };
      const outcome = end.exitCode === 0 ? 'succeeded' : 'failed';
      const make = () => write(outcome, more, end.seconds);
      const recorded = await this.#record(context, { started, begun }, make, interrupted);
      // What went wrong with the record is no end of a command that failed itself.
      if (recorded.error && end.exitCode !== 0) this.note(failureText(recorded.error));
      return runResult(recorded, end);
    } finally {
      signals.release();
    }
  }

  #words(): { action: string; subject: string | undefined; command: readonly string[] } {
    const {
      words: [action, subject, ...more],
      command,
    } = splitCommand(this.argv, this.words);
    const problem =
      action === undefined
        ? 'ACTION is missing'
        : command === null || more.length > 0
          ? "the command comes after '--'"
          : !command[0]
            ? "no command after '--'"
            : null;
    if (action !== undefined && command && problem === null) return { action, subject, command };
    throw new UsageError(problem ?? '', {
      suggestions: ['For example: kgit run upgrade --cluster prod-eu-1 -- ./upgrade.sh --fast'],
    });
  }

  #parameters(): ValueMap {
    const given = this.flags.param ?? [];
    const parameters = parseParameters(given, (message) => this.note(message)) ?? {};
    const own = OWN_PARAMETERS.find((name) => Object.hasOwn(parameters, name));
    if (own === undefined) return parameters;
    throw new UsageError(`--param ${own} is what kgit run itself records`, {
      suggestions: ['Give it another name'],
    });
  }

  /** Runs the command; under a lease, which is renewed meanwhile, until that is lost. */
  async #runCommand(
    context: Context,
    command: readonly string[],
    signals: EndSignals,
    claim: LeaseClaim | null,
  ): Promise<ChildEnd> {
    const options = {
      environment: { ...this.environment, KGIT_RUN_ID: this.ciRun.id },
      stdout: this.#isForPeople ? ('stdout' as const) : ('stderr' as const),
      signals,
    };
    if (claim === null) return runForUser('kgit run', command, options);
    const { end, lost } = await runUnderLease('kgit run', command, options, this.runLease(context, claim));
    if (lost) this.note(failureText(lost));
    return end;
  }

  /** Keeps the end event durably and publishes both, unless a signal comes meanwhile. Never throws. */
  async #record(
    context: Context,
    { started, begun }: { started: Write; begun: WriteOutcome | null },
    make: () => Write,
    interrupted: Promise<null>,
  ): Promise<Recorded> {
    const { repository } = context.opened;
    const errors: KgitError[] = [];
    const attempt = <T>(work: Promise<T>): Promise<T | null> =>
      work.catch((thrown: unknown) => {
        errors.push(asKgitError(thrown));
        return null;
      });
    const keep = async (write: Write) => {
      await repository.keep(write.operation);
      return write;
    };
    const ended = await attempt(Promise.resolve().then(make).then(keep));
    let outcomes: readonly WriteOutcome[] = [];
    const isFree = started.operation.claim === undefined && !this.#isProposed;
    const isJoined =
      isFree && context.settings.publishInterval > 0 && context.opened.repository.store.isRemote;
    if (ended && this.flags.queue) this.note('queued here; publish it with kgit sync');
    else if (ended && isJoined && !this.mustPublish) await attempt(this.publishLater(context));
    else if (ended) {
      const all = begun ? [ended] : [started, ended];
      const delivered = await attempt(Promise.race([this.#deliver(context, all), interrupted]));
      if (delivered === null && errors.length === 0) this.#interrupt(errors);
      outcomes = delivered ?? [];
      for (const note of new Set(outcomes.flatMap(({ notes }) => notes))) this.note(note);
    }
    const outcomeOf = ({ operation }: Write) =>
      outcomes.find((outcome) => outcome.operation === operation.id);
    const outcome = ended && outcomeOf(ended);
    // Whoever published the outbox while the command ran has taken the first event along.
    const taken = { delivery: 'published' as const, revision: outcome?.revision ?? null, attempts: 0 };
    const first =
      begun ?? outcomeOf(started) ?? (await attempt(repository.standing(started.operation.id))) ?? taken;
    const last = outcome ?? (ended && (await attempt(repository.standing(ended.operation.id))));
    await attempt(this.refreshRepository(context));
    return {
      started: row(started, first),
      ended: ended && last ? row(ended, last) : null,
      error: errors[0] ?? null,
    };
  }

  get #isProposed(): boolean {
    return this.flags.propose;
  }

  /** Publishes what is kept, or proposes it: where --propose says so, or the team for a protected branch. */
  async #deliver(context: Context, writes: readonly Write[]): Promise<readonly WriteOutcome[]> {
    if (this.#isProposed) return this.#proposeAll(context, writes);
    const last = writes.at(-1) as Write;
    try {
      return [await this.#publish(context, last)];
    } catch (error) {
      const { isProtected, protectedNote } = await import('../app/propose/propose-write.js');
      if (!isProtected(error) || last.operation.claim) throw error;
      if (context.settings.writeOnProtected === 'propose') {
        this.note(protectedNote(context.opened.name, error));
        return this.#proposeAll(context, writes);
      }
      const advice = "'kgit run --propose', or the setting write.onProtected, proposes the next one";
      throw new RefusedError(error.message, {
        ...{ cause: error.cause, data: error.data },
        suggestions: [...error.suggestions, advice],
      });
    }
  }

  /** Proposes what is kept; what could not be proposed stays kept. */
  async #proposeAll(context: Context, writes: readonly Write[]): Promise<readonly WriteOutcome[]> {
    const outcomes: WriteOutcome[] = [];
    for (const { operation } of writes) {
      outcomes.push(await this.propose(context, operation));
      await context.opened.repository.outbox.remove(operation.id);
    }
    return outcomes;
  }

  #publish({ opened, settings }: Context, { operation }: Write): Promise<WriteOutcome> {
    const interval = settings.publishInterval;
    const withdraw = operation.claim !== undefined && !this.flags.queue;
    const deadline = this.deadline(settings);
    const options = { requirePublish: this.mustPublish, withdraw, deadline, interval };
    return opened.repository.publish(operation.id, options);
  }

  /** A signal while the events are being published: they are kept, and that is enough unless they had to be published. */
  #interrupt(errors: KgitError[]): void {
    this.#isInterrupted = true;
    const message = 'interrupted before the events were published; they are kept in the outbox';
    if (this.mustPublish) errors.push(new InterruptedError(message, { suggestions: ["Run 'kgit sync'"] }));
    else this.note(`${message}: run 'kgit sync'`);
  }

  get #isForPeople(): boolean {
    return this.format === 'text' || this.format === 'wide';
  }

  /** For people the result goes to stderr: stdout is the command's. */
  protected override async print(result: CommandResult): Promise<void> {
    if (!this.#isForPeople) return super.print(result);
    if (this.flags.quiet) return;
    const screen = { ...this.screen, style: styleFor(process.stderr.isTTY === true, this.environment) };
    for (const line of result.lines(screen, this.format === 'wide')) process.stderr.write(`${line}\n`);
  }

  /** What was interrupted may still wait for the network: nobody waits for it. */
  protected override async finally(error: Error | undefined): Promise<void> {
    await super.finally(error);
    if (this.#isInterrupted) process.exit();
  }
}
