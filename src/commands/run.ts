import { Args, Flags } from '@oclif/core';
import { runCommand } from '../app/run-command.js';
import { asKgitError } from '../cli/base/failure.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { parseParameters } from '../cli/input/assignments.js';
import { commandText } from '../cli/input/command-text.js';
import { checkedCommand, splitCommand } from '../cli/input/command-words.js';
import { failureText, runResult } from '../cli/render/run-result.js';
import { UsageError } from '../errors.js';
import type { ValueMap } from '../model/value/value.js';
import type { Settings } from '../setup/settings.js';
import { systemClock } from '../setup/this-host.js';
import type { CommandResult } from '../terminal/output.js';

/** Parameters that `kgit run` itself records. */
const OWN_PARAMETERS = ['exit_code', 'signal'];

const EXAMPLE = 'kgit run upgrade --cluster prod-eu-1 -- ./upgrade.sh --fast';

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

  #isInterrupted = false;
  protected override readonly tellsWaits = false;

  protected override get leavesStdout(): boolean {
    return true;
  }

  /** The command may run for long, so the time for the network starts when it ends. */
  protected override deadline(settings: Settings): number {
    return this.now() + settings.timeout;
  }

  protected async execute(): Promise<CommandResult> {
    const usage = { missing: 'ACTION is missing', most: 2, example: EXAMPLE };
    const { words, command } = checkedCommand(splitCommand(this.argv, this.words), usage);
    if (command === null)
      throw new UsageError("the command comes after '--'", { suggestions: [`For example: ${EXAMPLE}`] });
    const [action, word] = words;
    const { cluster, deployment, create, phase } = this.flags;
    const parameters = this.#parameters();
    const context = await this.open('never');
    const run = await runCommand(
      {
        command,
        subject: { word, cluster, deployment, create },
        fields: { ...this.eventFields, action, phase, command: commandText(command) },
        parameters,
        stdout: this.isForPeople ? 'stdout' : 'stderr',
      },
      {
        writing: () => this.writing(context),
        clock: systemClock,
        asError: asKgitError,
        onLost: (error) => this.note(failureText(error)),
        onRecorded: () => this.refreshRepository(context),
      },
    );
    this.#isInterrupted = run.isInterrupted;
    // If the command itself failed, a failure to record it does not change the exit code.
    if (run.error && run.end?.exitCode !== 0) this.note(failureText(run.error));
    return runResult(run);
  }

  #parameters(): ValueMap {
    const parameters = parseParameters(this.flags.param ?? [], (message) => this.note(message)) ?? {};
    const own = OWN_PARAMETERS.find((name) => Object.hasOwn(parameters, name));
    if (own === undefined) return parameters;
    throw new UsageError(`--param ${own} is what kgit run itself records`, {
      suggestions: ['Give it another name'],
    });
  }

  /** Exits at once after an interrupt: publishing may still wait for the network. */
  protected override async finally(error: Error | undefined): Promise<void> {
    await super.finally(error);
    if (this.#isInterrupted) process.exit();
  }
}
