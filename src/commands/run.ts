import { Args, Flags } from '@oclif/core';
import { checkedParameters, runCommand } from '../app/run-command.js';
import { asKgitError } from '../cli/base/failure.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { parseParameters } from '../cli/input/assignments.js';
import { commandText } from '../cli/input/command-text.js';
import { checkedCommand, splitCommand } from '../cli/input/command-words.js';
import { failureText, runResult } from '../cli/render/run-result.js';
import { UsageError } from '../errors.js';
import type { Settings } from '../setup/settings.js';
import { systemClock } from '../setup/this-host.js';
import type { CommandResult } from '../terminal/output.js';

const EXAMPLE = 'kgit run upgrade --cluster prod-eu-1 -- ./upgrade.sh --fast';

export default class Run extends WriteCommand<typeof Run> {
  static override summary = 'Run a command, and record when it started and how it ended.';
  static override description = helpText(
    WriteCommand,
    `Runs COMMAND and records two events of ACTION: 'started', then 'succeeded' or 'failed' with the exit code and the duration. Both have the command line (secrets masked) and the same run id, which COMMAND finds in KGIT_RUN_ID.

The first event is stored durably before COMMAND starts. Both are published (with --propose: proposed) after it has ended, so a slow network never delays it. Signals are passed on to COMMAND, and it uses the terminal's streams directly; kgit's own messages go to stderr. With -o json, yaml, jsonl or name, stdout carries only the result, and the standard output of COMMAND goes to stderr.

Exits with COMMAND's exit code: 127 if the command does not exist, 126 if it cannot be run, 128+n after signal n. The codes below are kgit's own. With 2 to 15, 18 and 19, COMMAND was not run, or (13) it was ended because its lease was lost. With the others, COMMAND succeeded, but its record could not be published.`,
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
    action: Args.string({ description: 'The action, one word such as cluster_created.' }),
  };
  static override flags = {
    ...PROPOSE_FLAGS,
    cluster: Flags.string({
      helpValue: '[[MGMT/]NS/]NAME',
      exclusive: ['deployment'],
      summary: 'The cluster that COMMAND works on.',
    }),
    deployment: Flags.string({
      helpValue: 'ID',
      summary: 'The deployment that COMMAND works on (KGIT_DEPLOYMENT).',
    }),
    create: Flags.boolean({ summary: 'Create the deployment if the repository does not know it.' }),
    param: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'K=V',
      summary: 'A parameter: text, or YAML with K:=V.',
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
    const given = parseParameters(this.flags.param ?? [], (message) => this.note(message));
    const parameters = checkedParameters(given ?? {});
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

  /** Exits at once after an interrupt: publishing may still wait for the network. */
  protected override async finally(error: Error | undefined): Promise<void> {
    await super.finally(error);
    if (this.#isInterrupted) process.exit();
  }
}
