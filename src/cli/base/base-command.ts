import type { Command, Config, Interfaces } from '@oclif/core';
import { type Configured, type Context, configured, readConfigured } from '../../app/open/configured.js';
import { rewriteNote } from '../../app/open/rewrite-note.js';
import { type ErrorCode, EXIT_CODES } from '../../errors.js';
import { formatAge } from '../../model/value/time.js';
import { type OpenRepository, openStateRepository } from '../../setup/composition.js';
import {
  type LocalSettings,
  localSettings,
  markerFault,
  readSources,
  type SettingSource,
} from '../../setup/config.js';
import type { Settings } from '../../setup/settings.js';
import { systemClock } from '../../setup/this-host.js';
import type { FetchPolicy, Reading } from '../../store/outbox/outcomes.js';
import type { ToldRewrite } from '../../store/publish/rewrites.js';
import type { About } from '../../store/read/entries-about.js';
import type { CommandResult } from '../../terminal/output.js';
import { checkArgumentBytes } from '../input/argument-bytes.js';
import { damagedLines } from '../notes/damaged-lines.js';
import { repositoryJson } from '../render/json/repository-json.js';
import type { CommandClass } from './command-class.js';
import { reportFailure } from './failure.js';
import { PrintingCommand } from './printing-command.js';

/**
 * Base class of all commands: opens the repository with the merged settings, prints the result last, and reports
 * failures by the rules of failure.ts.
 */
export abstract class KgitCommand<T extends CommandClass> extends PrintingCommand<T> {
  // oclif's manifest includes inherited statics only from classes that define these themselves.
  static override flags = {};
  static override args = {};

  /** Exit codes, besides 0, that any command derived from this class may return. */
  static get exits(): readonly ErrorCode[] {
    return ['USAGE'];
  }

  #context: OpenRepository | null = null;
  #repository: Record<string, unknown> | null = null;
  readonly #rewrites: ToldRewrite[] = [];
  readonly #began = systemClock.now();

  protected abstract execute(): Promise<CommandResult>;

  /**
   * Replaces oclif's `run`, which would load the configuration again although the command is given it, and look there
   * for what kgit has not: deprecated commands, and a JSON mode of oclif's.
   */
  static override async run<T extends Command>(
    this: new (
      argv: string[],
      config: Config,
    ) => T,
    argv: string[] = [],
    config?: Interfaces.LoadOptions,
  ): Promise<ReturnType<T['run']>> {
    const command: Command = new this(argv, config as Config);
    const own = command as KgitCommand<typeof Command>;
    let result: Awaited<ReturnType<Command['run']>>;
    let failure: Error | undefined;
    try {
      result = await command.run();
    } catch (thrown) {
      failure = thrown as Error;
      await own.catch(failure);
    } finally {
      await own.finally(failure);
    }
    return result;
  }

  /** Whether the command reads history beyond the tip, so that a clone of a URL must be complete. */
  protected get readsHistory(): boolean {
    return false;
  }

  /** Whether settings files are read. Commands that check other people's files must not take settings from them. */
  protected get readsSettingsFiles(): boolean {
    return true;
  }

  override async run(): Promise<void> {
    // oclif would read a missing argument from standard input, which belongs to the command or to the caller's loop.
    for (const arg of Object.values(this.ctor.args)) arg.ignoreStdin = true;
    checkArgumentBytes(this.argv);
    const { args, flags, argv } = await this.parse(this.ctor as typeof KgitCommand);
    this.args = args as typeof this.args;
    this.flags = flags as typeof this.flags;
    this.words = argv as string[];
    await this.notes.prepare();
    const result = await this.execute();
    await this.#close();
    await this.print(result);
    if (this.skipped.list.length > 0) process.exitCode = EXIT_CODES.FINDINGS;
    if (result.exitCode !== undefined) process.exitCode = result.exitCode;
  }

  protected get environment(): Readonly<Record<string, string | undefined>> {
    return process.env;
  }

  protected now(): number {
    return systemClock.now();
  }

  /** Returns the deadline for this command's use of the network, in ms since the epoch. */
  protected deadline(settings: Settings): number {
    return this.#began + settings.timeout;
  }

  /** Whether to show what the command waits for. False while another program has the terminal. */
  protected readonly tellsWaits: boolean = true;

  /** Merges the settings that need no repository. */
  protected async settingsOnly(): Promise<Settings> {
    return (await this.localSettings()).settings;
  }

  /** Reads and merges the settings of every source except the repository's kgit.yaml. Throws UsageError. */
  protected async localSettings(): Promise<LocalSettings> {
    return localSettings(await this.settingSources());
  }

  /** Reads the settings of every source except the repository's kgit.yaml, highest precedence first. */
  protected settingSources(): Promise<readonly SettingSource[]> {
    const named = (name: string) => {
      const value = this.given(name);
      return typeof value === 'string' ? value : undefined;
    };
    const flags = Object.fromEntries(
      ['repo', 'deployment', 'management', 'user', 'timeout'].map((name) => [name, named(name)]),
    );
    return readSources({
      flags,
      environment: process.env,
      cwd: process.cwd(),
      file: this.flags.config ?? process.env['KGIT_CONFIG'],
      uid: process.getuid?.() ?? null,
      warn: (message) => this.notes.noteOnce(message),
      withoutFiles: !this.readsSettingsFiles,
    });
  }

  /** Whether the command must not use the network: queued writes are published later. */
  protected get isOffline(): boolean {
    return this.given('queue') === true;
  }

  async #openAnew(settings: Settings): Promise<OpenRepository> {
    // A repository opened earlier has helper processes, which would keep this process alive.
    await this.#close();
    const waits = this.tellsWaits ? { waits: this.notes } : {};
    const warn = (message: string) => this.notes.noteOnce(message);
    const options = { history: this.readsHistory, isOffline: this.isOffline, warn, ...waits };
    const opened = await openStateRepository(settings, process.cwd(), process.env, options);
    this.#context = opened;
    for (const line of damagedLines(opened.damaged)) this.notes.noteOnce(line);
    return opened;
  }

  /** Opens the repository without reading its content, with all settings except those of its kgit.yaml. */
  protected async openUnread(): Promise<Pick<Context, 'opened' | 'settings'>> {
    const settings = await this.settingsOnly();
    return { opened: await this.#openAnew(settings), settings };
  }

  /** Describes what is wrong with the values of a kgit.yaml; null if they are valid. */
  protected readonly markerFault = markerFault;

  /**
   * Opens the repository and reads its head, after a fetch if the policy asks for one; by default, if the last is too
   * old.
   * @param about what the command reads, given all settings except those of kgit.yaml; everything if left out
   */
  protected async open(
    policy: FetchPolicy | 'default' = 'default',
    about?: (settings: Settings) => About,
  ): Promise<Context> {
    const local = await this.localSettings();
    const opened = await this.#openAnew(local.settings);
    const fetched = this.isOffline ? 'never' : policy === 'default' ? undefined : policy;
    const context = await readConfigured(opened, local, fetched, about);
    const { reading, settings } = context;
    const waiting = about ? await opened.repository.outbox.size() : reading.pending.length;
    this.#repository = repositoryJson(reading.revision, reading.fetchedAt, waiting);
    if (policy !== 'never' || this.given('fetch') === false) this.tellAge(reading, settings);
    return context;
  }

  /**
   * Opens the repository with its published kgit.yaml, without reading the outbox: a long-running command must not
   * start more slowly as the outbox grows.
   */
  protected async openAtTip(): Promise<Configured> {
    const local = await this.localSettings();
    const opened = await this.#openAnew(local.settings);
    const { store } = opened.repository;
    return configured(opened, local, store.view((await store.head()).revision));
  }

  /** Notes the age of an answer that was not just fetched and is older than read.maxAge allows. */
  protected tellAge(
    { fetchedAt, staleness }: Pick<Reading, 'fetchedAt' | 'staleness'>,
    { readMaxAge }: Settings,
  ): void {
    if (fetchedAt === null) return;
    const age = this.now() - fetchedAt;
    if (!staleness && age <= readMaxAge) return;
    const since = fetchedAt === 0 ? 'never fetched' : `fetched ${formatAge(age)} ago`;
    this.note(`answered from what is here, ${since}${staleness ? `: ${staleness.message}` : ''}`);
  }

  /** Sets the result's repository fields after a write or a sync has changed them. */
  protected setRepository(revision: string | null, fetchedAt: number | null, pending: number): void {
    this.#repository = repositoryJson(revision, fetchedAt, pending);
  }

  /** Has the result show the repository as it is now, after a write. */
  protected async refreshRepository({ opened: { repository } }: Pick<Context, 'opened'>): Promise<void> {
    if (this.format === 'text') return;
    const head = await repository.store.head();
    this.setRepository(head.revision, head.fetchedAt, await repository.outbox.size());
  }

  protected override repositoryJson(): Record<string, unknown> {
    const rewrites = this.#rewrites.length > 0 ? { rewrites: this.#rewrites } : {};
    return this.#repository === null ? {} : { repository: { ...this.#repository, ...rewrites } };
  }

  /** Whether anybody reads this command's notes. */
  protected get hasReader(): boolean {
    return !this.flags.quiet || this.format === 'json';
  }

  async #close(hasReader = this.hasReader): Promise<void> {
    if (this.#context === null) return;
    // A process without a reader leaves rewrites for the next process to report.
    if (hasReader) await this.tellRewrites(this.#context);
    await this.#context.repository.close();
    this.#context = null;
  }

  /** Reports rewrites of the history that nobody was told of. */
  protected async tellRewrites({
    name,
    repository,
  }: Pick<OpenRepository, 'name' | 'repository'>): Promise<void> {
    const told = await repository.rewrites.take();
    for (const rewrite of told) this.note(rewriteNote(rewrite, name));
    this.#rewrites.push(...told);
  }

  override async catch(thrown: Error): Promise<void> {
    // The output of a failure has no repository fields, so only notes can report rewrites.
    await this.#close(this.hasReader && !this.flags.quiet);
    this.notes.clear();
    // Parse errors are reported here; oclif's own warning is meant for developers of commands.
    this.parsed = true;
    await reportFailure(thrown, this.argv, this.flags.verbose === true, this.flagNames);
  }
}
