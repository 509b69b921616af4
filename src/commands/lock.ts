import { Args, Flags } from '@oclif/core';
import { takeLock } from '../app/lock/take-lock.js';
import { asKgitError } from '../cli/base/failure.js';
import { helpText } from '../cli/base/help-text.js';
import { LeaseCommand } from '../cli/base/lease-command.js';
import { isNameOfLock } from '../cli/habits/habits.js';
import { checkedCommand, splitCommand } from '../cli/input/command-words.js';
import { holderName, lockedRunResult, lockResult } from '../cli/render/lease-result.js';
import { UsageError } from '../errors.js';
import { MAX_TTL, MIN_TTL } from '../model/lease/lease.js';
import { lockName } from '../model/lease/lock-name.js';
import { formatAge, parseDuration } from '../model/value/time.js';
import { systemClock } from '../setup/this-host.js';
import { holderText } from '../store/lease/lease-errors.js';
import type { CommandResult } from '../terminal/output.js';

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

  /** Leases are renewed while the command has the terminal, so waits must not be shown. */
  protected override readonly tellsWaits = false;
  protected override get leavesStdout(): boolean {
    return this.#isUnderLock;
  }

  protected async execute(): Promise<CommandResult> {
    const { name, command } = this.#words();
    const ttl = parseDuration(this.flags.ttl);
    if (ttl < MIN_TTL || ttl > MAX_TTL)
      throw new UsageError('--ttl is 1s at least and 24h at most', { data: { flag: 'ttl' } });
    const wait = parseDuration(this.flags.wait);
    const stdout = this.isForPeople ? 'stdout' : 'stderr';
    this.#isUnderLock = command !== null;
    const context = await this.open('never');
    const { acquired, run } = await takeLock(
      context,
      { ...this.leaseOptions, name, ttl, wait, command, stdout },
      {
        writer: () => this.writer(context),
        clock: systemClock,
        environment: this.environment,
        handed: this.handedClaims,
        asError: asKgitError,
        onWait: (record, freeAt) => {
          const left = freeAt - this.now();
          const end = left > 0 ? `, for ${formatAge(left)} more unless renewed` : '';
          this.note(`waiting for lock ${name}: ${holderName(record)} has it${end}`);
        },
        onEnded: (ended) => {
          this.noteEnded(ended);
          this.note(`the lease of ${holderText(ended.previous)} had expired and was ended`);
        },
      },
    );
    if (run === null) return lockResult(acquired, this.now());
    return lockedRunResult(acquired, run, (message) => this.note(message));
  }

  #words(): { name: string; command: readonly string[] | null } {
    const line = splitCommand(this.argv, this.words);
    const { words, command } = line;
    if (words.length === 0 && command !== null && isNameOfLock(command))
      return { name: lockName(command[0] as string), command: null };
    const example = 'kgit lock network -- ./change-network.sh';
    const checked = checkedCommand(line, { missing: 'which lock? NAME is missing', most: 1, example });
    return { name: lockName(checked.words[0]), command: checked.command };
  }
}
