import { Command, type Config, type Interfaces } from '@oclif/core';
import { checkArgumentBytes } from './cli/argument-bytes.js';
import { COMMON_FLAGS } from './cli/common-flags.js';
import { damagedLines } from './cli/damaged-lines.js';
import { reportFailure } from './cli/failure.js';
import { type CommandResult, type Format, formatResult, type Screen } from './cli/output.js';
import { outputFlag } from './cli/output-flag.js';
import { repositoryJson } from './cli/repository-json.js';
import { rewriteNote } from './cli/rewrite-note.js';
import { skippedLines } from './cli/skipped-lines.js';
import { styleFor } from './cli/style.js';
import { terminalText } from './cli/terminal-text.js';
import { formatAge } from './cli/time.js';
import { type OpenRepository, openStateRepository, prepareMerges } from './composition.js';
import { markerFault, markerLayer, mergeLayers, readSources, type SettingSource } from './config.js';
import { EXIT_CODES } from './errors.js';
import { SkippedEvents } from './model/broken-events.js';
import type { Settings } from './settings.js';
import type { FetchPolicy, Reading } from './store/outcomes.js';
import { API_VERSION, managementsOf, readMarker } from './store/records.js';
import type { ToldRewrite } from './store/rewrites.js';
import { systemClock } from './this-host.js';

export { helpText } from './cli/help-text.js';
export { outputFlag };

/** A repository with its settings, ready to be read. */
export interface Context {
  readonly opened: OpenRepository;
  readonly settings: Settings;
  readonly reading: Reading;
  readonly managements: ReadonlyMap<string, string | null>;
}

const FOLLOW_FETCH_MS = 5_000;

/**
 * Base of all commands: shared flags, the core built from the settings, results printed last, and
 * failures told by the one rule of cli/failure.ts.
 */
export abstract class KgitCommand extends Command {
  static override baseFlags = COMMON_FLAGS;

  protected flags: Interfaces.InferredFlags<typeof KgitCommand.baseFlags> & Record<string, unknown> = {
    output: 'text',
  } as never;
  protected args: Record<string, string | undefined> = {};
  /** Arguments of a command that takes any number of them. */
  protected words: readonly string[] = [];
  #context: OpenRepository | null = null;
  #repository: Record<string, unknown> | null = null;
  readonly #rewrites: ToldRewrite[] = [];
  #showsProgress = false;
  readonly #warned = new Set<string>();
  /** What the answer leaves out because it cannot be read as an event: named, and told by the exit code. */
  protected readonly skipped = new SkippedEvents();
  readonly #began = systemClock.now();

  protected abstract execute(): Promise<CommandResult>;

  /** As oclif has it, without reading the configuration again that the command is given. */
  static override run<T extends Command>(
    this: new (
      argv: string[],
      config: Config,
    ) => T,
    argv: string[] = [],
    config?: Interfaces.LoadOptions,
  ): Promise<ReturnType<T['run']>> {
    const command: Command = new this(argv, config as Config);
    return (command as KgitCommand)._run();
  }

  /** Whether the command reads more than the tip: then a clone of a URL must be whole. */
  protected get readsHistory(): boolean {
    return false;
  }

  /** Whether settings come from files, too: what judges others' files takes no word of theirs. */
  protected get readsSettingsFiles(): boolean {
    return true;
  }

  override async run(): Promise<void> {
    // oclif would take a left-out argument from standard input, which is a command's own input or the caller's loop.
    for (const arg of Object.values(this.ctor.args)) arg.ignoreStdin = true;
    checkArgumentBytes(this.argv);
    const { args, flags, argv } = await this.parse(this.ctor as typeof KgitCommand);
    this.args = args as Record<string, string | undefined>;
    this.flags = { ...(flags as typeof this.flags) };
    this.words = argv as string[];
    const result = await this.execute();
    await this.#close();
    this.endProgress();
    await this.print(result);
    if (this.skipped.list.length > 0) process.exitCode = EXIT_CODES.FINDINGS;
    if (result.exitCode !== undefined) process.exitCode = result.exitCode;
  }

  /** Prints a result in the format that the user asked for: once, at the end, but for commands that go on. */
  protected async print(result: CommandResult): Promise<void> {
    const rewrites = this.#rewrites.length > 0 ? { rewrites: this.#rewrites } : {};
    const repository = this.#repository === null ? {} : { repository: { ...this.#repository, ...rewrites } };
    const head = { apiVersion: API_VERSION, kind: this.#kind(), ...repository };
    const whole = { ...head, ...result.json, ...this.skipped.json };
    for (const line of await formatResult(result, whole, this.format, this.screen))
      process.stdout.write(`${line}\n`);
    for (const line of skippedLines(this.skipped.untold())) this.note(line);
  }

  /** `push-event` gives a `PushEventResult`. */
  #kind(): string {
    const words = (this.id ?? 'kgit').split(/[-:]/);
    return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Result`;
  }

  protected get format(): Format {
    return this.flags.json ? 'json' : this.flags.output;
  }

  protected get screen(): Screen {
    const { stdout } = process;
    return {
      style: styleFor(stdout.isTTY === true, process.env),
      width: stdout.isTTY ? (stdout.columns ?? 80) : null,
      utc: this.flags.utc === true,
      noHeaders: this.flags['no-headers'] === true,
    };
  }

  protected get environment(): Readonly<Record<string, string | undefined>> {
    return process.env;
  }

  protected now(): number {
    return systemClock.now();
  }

  /** When this command has to be through with the network, in ms since the epoch. */
  protected deadline(settings: Settings): number {
    return this.#began + settings.timeout;
  }

  /** A line for the user that is no part of the result. */
  protected note(message: string): void {
    if (this.flags.quiet) return;
    const style = styleFor(process.stderr.isTTY === true, process.env);
    process.stderr.write(`${style('dim', terminalText(message))}\n`);
  }

  /** How far a long command is, on one line of a terminal that is written over. */
  protected progress(message: string): void {
    if (this.flags.quiet || process.stderr.isTTY !== true) return;
    process.stderr.write(`\r\u001b[K${terminalText(message)}`);
    this.#showsProgress = true;
  }

  /** Takes the line of `progress` away again. */
  protected endProgress(): void {
    if (this.#showsProgress) process.stderr.write('\r\u001b[K');
    this.#showsProgress = false;
  }

  /** The settings that need no repository. */
  protected async settingsOnly(): Promise<Settings> {
    return mergeLayers(await this.#layers());
  }

  async #layers() {
    return (await this.settingSources()).map(({ layer }) => layer);
  }

  /** The settings of each place but the repository's own kgit.yaml, highest place first. */
  protected settingSources(): Promise<readonly SettingSource[]> {
    const named = (name: string) =>
      typeof this.flags[name] === 'string' ? (this.flags[name] as string) : undefined;
    const flags = Object.fromEntries(
      ['repo', 'deployment', 'management', 'user', 'timeout'].map((name) => [name, named(name)]),
    );
    return readSources({
      flags,
      environment: process.env,
      cwd: process.cwd(),
      file: this.flags.config ?? process.env['KGIT_CONFIG'],
      uid: process.getuid?.() ?? null,
      warn: (message) => this.#warn(message),
      withoutFiles: !this.readsSettingsFiles,
    });
  }

  /** A note, once: a command that goes on opens the repository again and again. */
  #warn(message: string): void {
    if (!this.#warned.has(message)) this.note(message);
    this.#warned.add(message);
  }

  /** Whether the network is not to be used: what is queued is published later. */
  protected get isOffline(): boolean {
    return this.flags['queue'] === true;
  }

  async #openAnew(settings: Settings): Promise<OpenRepository> {
    // A repository that was opened before has helper processes, which would keep this one from ending.
    await this.#close();
    const options = { history: this.readsHistory, isOffline: this.isOffline };
    const opened = await openStateRepository(settings, process.cwd(), process.env, options);
    this.#context = opened;
    for (const line of damagedLines(opened.damaged)) this.#warn(line);
    return opened;
  }

  /** Opens the repository without looking at what it holds, with the settings of everywhere but its kgit.yaml. */
  protected async openUnread(): Promise<Pick<Context, 'opened' | 'settings'>> {
    const settings = mergeLayers(await this.#layers());
    return { opened: await this.#openAnew(settings), settings };
  }

  /** What is wrong with the values of a kgit.yaml; null where nothing is. */
  protected readonly markerFault = markerFault;
  /** The settings of a kgit.yaml. */
  protected readonly markerLayer = markerLayer;

  /** Opens the repository and reads its head, fetched first as the policy says (by default: where too old). */
  protected async open(policy: FetchPolicy | 'default' = 'default'): Promise<Context> {
    const layers = await this.#layers();
    const before = mergeLayers(layers);
    const opened = await this.#openAnew(before);
    const { repository } = opened;
    const chosen = policy === 'default' ? { olderThan: before.readMaxAge } : policy;
    const reading = await repository.read(this.isOffline ? 'never' : chosen, before.timeout);
    const where = `${opened.path} (branch ${opened.branch})`;
    const marker = await readMarker(reading.view, where);
    const settings = mergeLayers([...layers, markerLayer(marker)]);
    repository.configure({ combines: settings.publishCombine, keepMs: settings.publishKeep });
    await prepareMerges(opened);
    this.#repository = repositoryJson(reading.revision, reading.fetchedAt, reading.pending.length);
    if (policy !== 'never' || this.flags['fetch'] === false) this.#tellAge(reading, settings);
    return { opened, settings, reading, managements: managementsOf(marker) };
  }

  /** Opens the repository anew, for a command that goes on, asking the remote when the last fetch is a few seconds old. */
  protected reopen(): Promise<Context> {
    return this.open({ olderThan: FOLLOW_FETCH_MS });
  }

  /** Says how old an answer is that was not fetched just now and is older than read.maxAge allows. */
  #tellAge({ fetchedAt, staleness }: Reading, { readMaxAge }: Settings): void {
    if (fetchedAt === null) return;
    const age = this.now() - fetchedAt;
    if (!staleness && age <= readMaxAge) return;
    const since = fetchedAt === 0 ? 'never fetched' : `fetched ${formatAge(age)} ago`;
    this.note(`answered from what is here, ${since}${staleness ? `: ${staleness.message}` : ''}`);
  }

  /** What the result says of the repository, where it is not as it was read: after a write or a sync. */
  protected setRepository(revision: string | null, fetchedAt: number | null, pending: number): void {
    this.#repository = repositoryJson(revision, fetchedAt, pending);
  }

  /** Whether somebody reads the notes of this command. */
  protected get hasReader(): boolean {
    return !this.flags.quiet || this.format === 'json';
  }

  async #close(hasReader = this.hasReader): Promise<void> {
    if (this.#context === null) return;
    const { branch, repository } = this.#context;
    // What a process without a reader saw is told by the next one.
    const told = hasReader ? await repository.rewrites.take() : [];
    for (const rewrite of told) this.note(rewriteNote(rewrite, branch));
    this.#rewrites.push(...told);
    await repository.close();
    this.#context = null;
  }

  get #flagNames(): string[] {
    const flags = { ...this.ctor.baseFlags, ...this.ctor.flags };
    return Object.keys(flags).filter((name) => flags[name]?.hidden !== true);
  }

  override async catch(thrown: Error): Promise<void> {
    // A failure is told without what a result says of the repository.
    await this.#close(this.hasReader && !this.flags.quiet);
    this.endProgress();
    // Words that cannot be parsed are told here; oclif's own warning of it is for developers of commands.
    this.parsed = true;
    await reportFailure(thrown, this.argv, this.flags.verbose === true, this.#flagNames);
  }
}
