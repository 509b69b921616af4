import { Flags } from '@oclif/core';
import type { Context } from '../app/open/configured.js';
import { namingOf } from '../app/open/subjects.js';
import { namedRevision } from '../app/read/revision-of.js';
import { handleChanges } from '../app/watch/handle-changes.js';
import { runForChange } from '../app/watch/run-for-change.js';
import { watchChanges } from '../app/watch/watch-changes.js';
import { watchFilter } from '../app/watch/watch-filter.js';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { splitCommand } from '../cli/input/command-words.js';
import { watchEnded, watchResult } from '../cli/render/watch-result.js';
import { type ErrorCode, UsageError } from '../errors.js';
import { READER_GONE, stoppedFromOutside } from '../process/stopped-from-outside.js';
import type { PublishedChange } from '../review/published-change.js';
import { systemClock } from '../setup/this-host.js';
import type { Revision } from '../store/port/state-store.js';
import type { CommandResult, Format } from '../terminal/output.js';

export default class Watch extends KgitCommand<typeof Watch> {
  static override get exits(): readonly ErrorCode[] {
    return [...KgitCommand.exits, 'NO_REPO', 'INVALID_STATE', 'NOT_FOUND', 'REMOTE', 'INTERRUPTED'];
  }

  static override summary = 'Print each change as it is published.';
  static override description = helpText(
    Watch,
    `Prints what each revision publishes, once and in order, until Ctrl-C: changed values of states with what they were, other events, and other files. With --json or -o jsonl each revision is one JSON document on one line. A PATH is a path of a state (of --deployment, else of all deployments), or a subject: cluster/[[MGMT/]NS/]NAME, deployment/ID. Without PATH everything is printed.

Each line ends with its revision. --after REVISION goes on behind one, also after a kill or a restart: nothing is missed, and at most the change that was being handled comes again. While the server is away, the watch waits.

--exec runs COMMAND for each change, one at a time and in order, without a shell; its arguments come after '--'. It gets the JSON document on its standard input, and KGIT_CHANGE_REVISION, _PARENT, _SUBJECT, _ACTION and _USER in its environment. A change is printed once COMMAND has succeeded. If COMMAND fails, the watch ends with its exit code: 127 if it does not exist, 126 if it cannot be run, 128+n after signal n.`,
  );
  static override examples = [
    '<%= config.bin %> watch',
    '<%= config.bin %> watch deployment.phase --deployment k0rdent-abc123',
    '<%= config.bin %> watch cluster/prod-eu-1 --json',
    '<%= config.bin %> watch kof --exec ./notify.sh -- --channel ops',
    '<%= config.bin %> watch --after 1042 -n 1',
  ];
  static override strict = false;
  static override usage = 'watch [PATH…] [FLAGS] [-- ARGUMENTS…]';
  static override flags = {
    after: Flags.string({
      helpValue: 'REVISION',
      summary: 'Begin behind this revision, not with what comes next.',
    }),
    exec: Flags.string({ helpValue: 'COMMAND', summary: 'A program to run for each change.' }),
    limit: Flags.integer({ char: 'n', min: 1, summary: 'End after this many changes.' }),
    deployment: Flags.string({
      helpValue: 'ID',
      summary: 'The deployment of the paths (KGIT_DEPLOYMENT); all if omitted.',
    }),
  };

  #isOver = false;

  protected override get readsHistory(): boolean {
    return true;
  }

  /** Documents of several lines would not tell where one ends. */
  protected override get format(): Format {
    return super.format === 'json' ? 'jsonl' : super.format;
  }

  protected override get leavesStdout(): boolean {
    return this.flags.exec !== undefined;
  }

  /** A change has a revision of its own. */
  protected override repositoryJson(): Record<string, unknown> {
    return {};
  }

  protected async execute(): Promise<CommandResult> {
    const { words, command } = this.#words();
    const context = await this.open('try');
    const filter = await watchFilter(words, namingOf(context));
    const start = await this.#start(context);
    const stop = stoppedFromOutside();
    stop.signal.addEventListener('abort', () => {
      this.#isOver = true;
    });
    const changes = watchChanges(
      context.opened.repository.store,
      { after: start, filter },
      {
        clock: systemClock,
        signal: stop.signal,
        broken: this.skipped,
        onAway: ({ message }) => this.note(`${message}; trying again`),
      },
    );
    const { last, failure } = await handleChanges(changes, start, {
      run: command && ((change) => this.#run(command, change)),
      show: (change) => this.print(watchResult(change)),
      limit: this.flags.limit,
    });
    const { aborted, reason } = stop.signal;
    if (reason === READER_GONE) return watchEnded(0);
    if (failure && !aborted)
      this.note(`${command?.[0]} failed at revision ${failure.revision}: exit code ${failure.exitCode}`);
    if (last !== null) this.note(`to go on: kgit watch --after ${last}`);
    return watchEnded(aborted ? undefined : (failure?.exitCode ?? 0));
  }

  /** The words before `--`, and the command with its arguments; null without --exec. */
  #words(): { words: readonly string[]; command: readonly string[] | null } {
    const { words, command } = splitCommand(this.argv, this.words);
    const { exec } = this.flags;
    if (exec === undefined && command !== null)
      throw new UsageError("what comes after '--' are arguments of the command of --exec", {
        suggestions: ['For example: kgit watch --exec ./notify.sh -- --channel ops'],
      });
    if (exec === '') throw new UsageError('--exec needs a command', { suggestions: ['Name a program'] });
    return { words, command: exec === undefined ? null : [exec, ...(command ?? [])] };
  }

  async #start({ opened: { repository }, reading }: Context): Promise<Revision | null> {
    const { after } = this.flags;
    if (after !== undefined) return namedRevision(after, { store: repository.store, reading });
    if (reading.revision !== null)
      this.note(`watching; to begin here again: kgit watch --after ${reading.revision}`);
    return reading.revision;
  }

  async #run(command: readonly string[], change: PublishedChange): Promise<number> {
    const json = `${JSON.stringify(this.document(watchResult(change)))}\n`;
    const stdout = this.isForPeople ? 'stdout' : 'stderr';
    const { exitCode } = await runForChange({ command, environment: this.environment, stdout }, change, json);
    return exitCode;
  }

  /** Exits at once after Ctrl-C: a request that has no answer yet would hold the process. */
  protected override async finally(error: Error | undefined): Promise<void> {
    await super.finally(error);
    if (this.#isOver) process.exit();
  }
}
