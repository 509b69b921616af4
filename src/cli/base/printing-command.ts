import { Command, type Interfaces } from '@oclif/core';
import { SkippedEvents } from '../../model/event/broken-events.js';
import { isCi } from '../../setup/trust.js';
import {
  type CommandResult,
  type Format,
  formatResult,
  resultKind,
  type Screen,
  screenOf,
} from '../../terminal/output.js';
import { standardError, standardOutput } from '../../terminal/standard-streams.js';
import { COMMON_FLAGS } from '../flags/common-flags.js';
import { SideNotes } from '../notes/side-notes.js';
import { skippedLines } from '../notes/skipped-lines.js';
import { printBesideCommand } from '../render/beside-command.js';
import { resultDocument } from '../render/json/result-document.js';
import type { CommandClass, CommonFlags, OwnFlags } from './command-class.js';

const IS_CI = isCi(process.env);

/** Base class for a command's input and output: its flags, its result on stdout, its notes on stderr. */
export abstract class PrintingCommand<T extends CommandClass> extends Command {
  static override baseFlags: Interfaces.FlagInput = COMMON_FLAGS;

  protected flags = { output: 'text' } as CommonFlags & OwnFlags<T>;
  protected args = {} as Interfaces.InferredArgs<T['args']>;
  /** Arguments of a command that accepts any number of them. */
  protected words: readonly string[] = [];
  /** Notes and progress on stderr. */
  protected readonly notes = new SideNotes(
    { stderr: standardError, env: process.env },
    () => this.flags.quiet === true,
    !IS_CI,
  );
  /** Events that the answer leaves out because they cannot be read. They are listed and affect the exit code. */
  protected readonly skipped = new SkippedEvents();

  /** Returns the repository fields of every result. */
  protected abstract repositoryJson(): Record<string, unknown>;

  /** Whether the text output may be long, so that a terminal gets it through the user's pager. */
  protected get isPaged(): boolean {
    return false;
  }

  /** Whether stdout belongs to a program that the command runs, so that the text result goes to stderr. */
  protected get leavesStdout(): boolean {
    return false;
  }

  /** Whether the result is text, and not made for programs. */
  protected get isForPeople(): boolean {
    return this.format === 'text' || this.format === 'wide';
  }

  /** Prints a result in the requested format. Called once, at the end, except by long-running commands. */
  protected async print(result: CommandResult): Promise<void> {
    if (this.leavesStdout && this.isForPeople) {
      if (!this.flags.quiet) printBesideCommand(result, this.screen, this.format === 'wide');
      return;
    }
    const whole = this.document(result);
    // Notes about the result are printed below it, so that a long result does not push them off the screen.
    const release = this.notes.hold();
    const lines = await formatResult(result, whole, this.format, this.screen);
    this.notes.clear();
    const text = lines.map((line) => `${line}\n`).join('');
    if (!(await this.#showsPaged(text))) standardOutput.write(text);
    release();
    for (const line of skippedLines(this.skipped.untold())) this.note(line);
  }

  /** Returns the whole JSON of a result. */
  protected document({ json }: CommandResult): Readonly<Record<string, unknown>> {
    return resultDocument(resultKind(this.id ?? 'kgit'), this.repositoryJson(), json, this.skipped.json);
  }

  /** Shows a text in the user's pager; false if it should not be paged or there is no pager. */
  async #showsPaged(text: string): Promise<boolean> {
    if (!this.isPaged || !this.isForPeople || this.flags['no-pager'] || !standardOutput.isTTY || IS_CI)
      return false;
    return (await import('../../process/pager.js')).showPaged(text, process.env);
  }

  /** Returns the value of a flag that only some commands have; undefined if this one lacks it or it is not given. */
  protected given(name: string): unknown {
    return (this.flags as Readonly<Record<string, unknown>>)[name];
  }

  protected get format(): Format {
    return this.flags.json ? 'json' : this.flags.output;
  }

  protected get screen(): Screen {
    return {
      ...screenOf(standardOutput, process.env, this.flags.utc === true),
      noHeaders: this.given('no-headers') === true,
    };
  }

  /** Prints a note for the user that is not part of the result. */
  protected note(message: string): void {
    this.notes.note(message);
  }

  protected get flagNames(): string[] {
    const flags = { ...this.ctor.baseFlags, ...this.ctor.flags };
    return Object.keys(flags).filter((name) => flags[name]?.hidden !== true);
  }
}
