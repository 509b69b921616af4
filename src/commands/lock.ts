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
    `Takes a lease on the lock NAME. Others get LOCK_HELD until you release it (kgit unlock) or have not renewed it for --ttl. Writes with --lock NAME renew it, and the remote refuses them once somebody else holds the lock.

With COMMAND, kgit holds the lock while COMMAND runs, renews the lease after every third of --ttl, passes it to the processes that COMMAND starts (KGIT_LEASE), and releases it at the end. If the lease is lost, COMMAND and all processes that it started get SIGTERM and, 10 seconds later, SIGKILL; kgit exits with FENCED. Otherwise kgit exits with COMMAND's exit code: 127 if the command does not exist, 126 if it cannot be run, 128+n after signal n.

If the holder is gone, you can take over the lease once it has expired and was seen unchanged for its TTL. The takeover is recorded.`,
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
      summary: 'How long the lease lasts without renewal.',
    }),
    wait: Flags.string({
      default: '0',
      helpValue: 'DURATION',
      summary: 'How long to wait for a lock that somebody else holds.',
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
      throw new UsageError('--ttl must be between 1s and 24h', { data: { flag: 'ttl' } });
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
          this.note(`waiting for lock ${name}: ${holderName(record)} holds it${end}`);
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
