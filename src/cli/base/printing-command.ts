import { Command, type Interfaces } from '@oclif/core';
import { SkippedEvents } from '../../model/event/broken-events.js';
import { isCi } from '../../setup/trust.js';
import { API_VERSION } from '../../store/read/records.js';
import {
  type CommandResult,
  type Format,
  formatResult,
  resultKind,
  type Screen,
  screenOf,
} from '../../terminal/output.js';
import { COMMON_FLAGS } from '../flags/common-flags.js';
import { SideNotes } from '../notes/side-notes.js';
import { skippedLines } from '../notes/skipped-lines.js';
import type { CommandClass, CommonFlags, OwnFlags } from './command-class.js';

const IS_CI = isCi(process.env);

/** What a command is given, and what it says: its flags, its result on stdout, its notes on stderr. */
export abstract class PrintingCommand<T extends CommandClass> extends Command {
  static override baseFlags: Interfaces.FlagInput = COMMON_FLAGS;

  protected flags = { output: 'text' } as CommonFlags & OwnFlags<T>;
  protected args = {} as Interfaces.InferredArgs<T['args']>;
  /** Arguments of a command that takes any number of them. */
  protected words: readonly string[] = [];
  /** What is said on stderr. */
  protected readonly notes = new SideNotes(process, () => this.flags.quiet === true, !IS_CI);
  /** What the answer leaves out because it cannot be read as an event: named, and told by the exit code. */
  protected readonly skipped = new SkippedEvents();

  /** What every result says of the repository. */
  protected abstract repositoryJson(): Record<string, unknown>;

  /** Whether what is printed for people may be long, so that a terminal gets it through the user's pager. */
  protected get isPaged(): boolean {
    return false;
  }

  /** Prints a result in the format that the user asked for: once, at the end, but for commands that go on. */
  protected async print(result: CommandResult): Promise<void> {
    const head = { apiVersion: API_VERSION, kind: resultKind(this.id ?? 'kgit'), ...this.repositoryJson() };
    const whole = { ...head, ...result.json, ...this.skipped.json };
    // What is told of the result comes below it, where a long one leaves it on the screen.
    const release = this.notes.hold();
    const lines = await formatResult(result, whole, this.format, this.screen);
    this.notes.clear();
    const text = lines.map((line) => `${line}\n`).join('');
    if (!(await this.#showsPaged(text))) process.stdout.write(text);
    release();
    for (const line of skippedLines(this.skipped.untold())) this.note(line);
  }

  /** Shows a text in the user's pager; false where it is not for one, or there is none. */
  async #showsPaged(text: string): Promise<boolean> {
    const isForPeople = this.format === 'text' || this.format === 'wide';
    if (!this.isPaged || !isForPeople || this.flags['no-pager'] || !process.stdout.isTTY || IS_CI)
      return false;
    return (await import('../../process/pager.js')).showPaged(text, process.env);
  }

  /** The value of a flag that only some commands have; undefined where this one has not, or where it is not given. */
  protected given(name: string): unknown {
    return (this.flags as Readonly<Record<string, unknown>>)[name];
  }

  protected get format(): Format {
    return this.flags.json ? 'json' : this.flags.output;
  }

  protected get screen(): Screen {
    return {
      ...screenOf(process.stdout, process.env, this.flags.utc === true),
      noHeaders: this.given('no-headers') === true,
    };
  }

  /** A line for the user that is no part of the result. */
  protected note(message: string): void {
    this.notes.note(message);
  }

  protected get flagNames(): string[] {
    const flags = { ...this.ctor.baseFlags, ...this.ctor.flags };
    return Object.keys(flags).filter((name) => flags[name]?.hidden !== true);
  }
}
