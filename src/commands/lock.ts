import { Args, Flags } from '@oclif/core';
import { runUnderLease } from '../app/lease-run.js';
import type { Context } from '../cli/base/base-command.js';
import { asKgitError } from '../cli/base/failure.js';
import { helpText } from '../cli/base/help-text.js';
import { LeaseCommand } from '../cli/base/lease-command.js';
import { isNameOfLock } from '../cli/habits/habits.js';
import { brokeJson, holderName, leaseJson, leaseText } from '../cli/render/lease-result.js';
import { failureText } from '../cli/render/run-result.js';
import { FencedError, type KgitError, UsageError } from '../errors.js';
import { claimOf, type LeaseRecord, MAX_TTL, MIN_TTL } from '../model/lease/lease.js';
import { lockName } from '../model/lease/lock-name.js';
import { formatAge, parseDuration } from '../model/value/time.js';
import { type ChildEnd, splitCommand } from '../process/child-command.js';
import { EndSignals } from '../process/end-signals.js';
import type { Acquired } from '../store/lease/acquisition.js';
import { holderText } from '../store/lease/lease-errors.js';
import type { CommandResult } from '../terminal/output.js';
import { styleFor } from '../terminal/style.js';

export default class Lock extends LeaseCommand<typeof Lock> {
  static override summary = 'Take a lock, or run a command under it.';
  static override description = helpText(
    LeaseCommand,
    `Takes the lease of the lock NAME: others get LOCK_HELD until it is released (kgit unlock), or has not been renewed for --ttl. Writes with --lock NAME renew it, and the remote itself refuses them once somebody else has the lock.

With a COMMAND: holds the lock while it runs and renews it at a third of --ttl, hands it to what the command runs (KGIT_LEASE), and releases it at the end. If the lease is lost, COMMAND and all that it started get SIGTERM, 10 seconds later SIGKILL, and kgit exits with FENCED. Otherwise it exits with the exit code of COMMAND: 127 where there is no such command, 126 where it cannot be run, 128+n after signal n.

A lease whose holder is gone can be taken over when it has expired and was seen unchanged for its TTL; that is recorded.`,
  );
  static override examples = [
    '<%= config.bin %> lock network --reason "peering change"',
    '<%= config.bin %> lock deployment/k0rdent-abc123 --wait 10m -- ./deploy.sh',
    '<%= config.bin %> lock network --ttl 30m && kgit set azure.peering=true --lock network && kgit unlock network',
  ];
  static override strict = false;
  static override usage = 'lock NAME [FLAGS] [-- COMMAND…]';
  static override args = {
    name: Args.string({ description: "The lock's name, such as network or deployment/k0rdent-abc123." }),
  };
  static override flags = {
    ttl: Flags.string({
      default: '5m',
      helpValue: 'DURATION',
      summary: 'How long the lease lasts when it is not renewed.',
    }),
    wait: Flags.string({
      default: '0',
      helpValue: 'DURATION',
      summary: 'How long to wait for a lock that somebody has.',
    }),
  };

  #isUnderLock = false;

  /** Leases are renewed while the command has the terminal. */
  protected override readonly tellsWaits = false;

  protected async execute(): Promise<CommandResult> {
    const { name, command } = this.#words();
    const ttl = parseDuration(this.flags.ttl);
    if (ttl < MIN_TTL || ttl > MAX_TTL)
      throw new UsageError('--ttl is 1s at least and 24h at most', { data: { flag: 'ttl' } });
    const wait = parseDuration(this.flags.wait);
    this.#isUnderLock = command !== null;
    const context = await this.open('never');
    const { leases } = context.opened;
    const wanted = { name, ttl, wait, lease: this.ids.next(), isShared: command === null };
    const onWait = (record: LeaseRecord, freeAt: number) => {
      const end = freeAt > this.now() ? `, for ${formatAge(freeAt - this.now())} more unless renewed` : '';
      this.note(`waiting for lock ${name}: ${holderName(record)} has it${end}`);
    };
    const acquired = await leases.acquire(
      { ...wanted, ...this.leaseActor(context), onWait },
      context.settings.timeout,
    );
    const { broke } = acquired;
    if (broke) {
      this.noteEnded(broke);
      this.note(`the lease of ${holderText(broke.previous)} had expired and was ended`);
    }
    const json = { ...leaseJson(acquired.record), broke: brokeJson(broke) };
    if (command !== null) return this.#run(context, acquired, command, json);
    return {
      json,
      names: [name],
      lines: (screen) => [
        `${screen.style('green', '✓')} lock ${screen.style('bold', name)} is yours ${screen.style('dim', leaseText(acquired.record, this.now(), screen))}`,
      ],
    };
  }

  #words(): { name: string; command: readonly string[] | null } {
    const {
      words: [name, ...more],
      command,
    } = splitCommand(this.argv, this.words);
    if (name === undefined && command !== null && isNameOfLock(command))
      return { name: lockName(command[0] as string), command: null };
    const problem =
      name === undefined
        ? 'which lock? NAME is missing'
        : more.length > 0
          ? "the command comes after '--'"
          : command !== null && !command[0]
            ? "no command after '--'"
            : null;
    if (name !== undefined && problem === null) return { name: lockName(name), command };
    throw new UsageError(problem ?? '', {
      suggestions: ['For example: kgit lock network -- ./change-network.sh'],
    });
  }

  async #run(
    context: Context,
    { record }: Acquired,
    command: readonly string[],
    json: Record<string, unknown>,
  ): Promise<CommandResult> {
    const claim = claimOf(record);
    // Ctrl-C would end git's reader, too; it starts again when it is needed.
    await context.opened.repository.close();
    const signals = new EndSignals();
    try {
      const stdout = this.#isForPeople ? ('stdout' as const) : ('stderr' as const);
      const options = { environment: { ...this.environment }, stdout, signals };
      const lease = this.runLease(context, claim);
      const { end, lost } = await runUnderLease('kgit lock', command, options, lease);
      signals.to(() => undefined);
      const failure = lost ?? (await this.#release(context, record));
      if (failure) this.#tell(record, failure, end);
      return {
        json: { ...json, exitCode: end.exitCode, released: failure === null },
        names: [record.name],
        lines: ({ style }) => [
          `${end.exitCode === 0 ? style('green', '✓') : style('red', '✗')} lock ${style('bold', record.name)} ${style('dim', `${end.signal ? `ended by ${end.signal}` : `exit code ${end.exitCode}`}, ${failure ? 'not released' : 'released'}`)}`,
        ],
        exitCode: end.exitCode,
      };
    } finally {
      signals.release();
    }
  }

  async #release(context: Context, record: LeaseRecord): Promise<KgitError | null> {
    const { leases } = context.opened;
    try {
      await leases.release(claimOf(record), this.actor(context), context.settings.timeout);
      return null;
    } catch (thrown) {
      return asKgitError(thrown);
    }
  }

  /** A lost lease ends the command line with FENCED; one that could only not be released expires by itself. */
  #tell(record: LeaseRecord, failure: KgitError, { exitCode, signal }: ChildEnd): void {
    if (failure instanceof FencedError) {
      throw new FencedError(failure.message, {
        cause: failure,
        suggestions: failure.suggestions,
        data: { ...failure.data, exitCode, signal },
      });
    }
    this.note(`lock ${record.name} could not be released and expires by itself: ${failureText(failure)}`);
  }

  get #isForPeople(): boolean {
    return this.format === 'text' || this.format === 'wide';
  }

  /** With a command, stdout is the command's, and the result for people goes to stderr. */
  protected override async print(result: CommandResult): Promise<void> {
    if (!this.#isUnderLock || !this.#isForPeople) return super.print(result);
    if (this.flags.quiet) return;
    const screen = { ...this.screen, style: styleFor(process.stderr.isTTY === true, this.environment) };
    for (const line of result.lines(screen, this.format === 'wide')) process.stderr.write(`${line}\n`);
  }
}
