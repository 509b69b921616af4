import { Flags, type Interfaces } from '@oclif/core';
import type { Context } from '../../app/open/configured.js';
import { type Writing, writerOf } from '../../app/write/writing.js';
import type { ErrorCode } from '../../errors.js';
import { type LeaseClaim, parseClaims } from '../../model/lease/lease.js';
import type { Writer } from '../../model/operation/make-operation.js';
import { type IdSource, monotonicIds } from '../../model/value/ulid.js';
import { randomBytes } from '../../store/local/random-bytes.js';
import type { PROPOSE_FLAGS } from '../flags/propose-flags.js';
import { commandText } from '../input/command-text.js';
import { KgitCommand } from './base-command.js';
import type { CommandClass, CommonFlags, OwnFlags } from './command-class.js';
import { publishLater } from './publish-later.js';

const WRITE = 'WRITE';

/** Flags of every write. */
export const WRITE_FLAGS = {
  'dry-run': Flags.boolean({ helpGroup: WRITE, summary: 'Show what would be written; write nothing.' }),
  message: Flags.string({
    char: 'm',
    helpGroup: WRITE,
    helpValue: 'TEXT',
    summary: "The event's message.",
  }),
  reason: Flags.string({ helpGroup: WRITE, helpValue: 'TEXT', summary: 'Why it was done.' }),
  'run-id': Flags.string({
    helpGroup: WRITE,
    helpValue: 'ID',
    summary: "The run that the write belongs to (KGIT_RUN_ID; in CI: the pipeline's).",
  }),
  user: Flags.string({ helpGroup: WRITE, helpValue: 'NAME', summary: 'Who did it (KGIT_USER).' }),
  lock: Flags.string({
    helpGroup: WRITE,
    helpValue: 'NAME',
    summary: 'Write only under the lease of this lock, and renew it (kgit lock).',
  }),
  queue: Flags.boolean({
    helpGroup: WRITE,
    exclusive: ['require-publish'],
    summary: 'Keep the write durably on this machine and use no network; kgit sync publishes it.',
  }),
  'require-publish': Flags.boolean({
    helpGroup: WRITE,
    summary: 'Fail (16) if the write cannot be published now; the default if CI is set.',
  }),
  'allow-secret': Flags.string({
    helpGroup: WRITE,
    helpValue: 'REASON',
    summary: 'Write even if a value looks secret; the reason is recorded.',
  }),
};

/** The flags of every write, and those that only some writes have. */
type WriteFlags = Interfaces.InferredFlags<typeof WRITE_FLAGS> &
  Partial<Interfaces.InferredFlags<typeof PROPOSE_FLAGS>> & {};

/**
 * Base class of the commands that write: one operation each, checked for secrets, and durable before it is published.
 */
export abstract class WriteCommand<T extends CommandClass> extends KgitCommand<T> {
  static override baseFlags: Interfaces.FlagInput = {
    ...KgitCommand.baseFlags,
    ...WRITE_FLAGS,
  };

  static override get exits(): readonly ErrorCode[] {
    return [
      ...KgitCommand.exits,
      'NO_REPO',
      'LOCK_HELD',
      'CONFLICT',
      'FENCED',
      'INVALID_STATE',
      'REMOTE',
      'ENVIRONMENT',
      'SECRET',
      'REFUSED',
    ];
  }

  declare protected flags: CommonFlags & WriteFlags & OwnFlags<T>;
  protected readonly ids: IdSource = monotonicIds(
    () => this.now(),
    () => randomBytes(10),
  );

  /**
   * Returns the input of the write use cases: the open repository, the writer, and the terms set by flags. Throws
   * UsageError.
   */
  protected writing(context: Context): Writing {
    const { flags } = this;
    return {
      ...context,
      environment: this.environment,
      writer: this.writer(context),
      claims: { handed: this.handedClaims },
      terms: {
        queue: flags.queue === true,
        dryRun: flags['dry-run'] === true,
        requirePublish: flags['require-publish'] === true ? true : undefined,
        allowSecret: flags['allow-secret'],
        lock: flags.lock,
        propose: flags.propose ? { title: flags.title, branch: flags['proposal-branch'] } : undefined,
      },
      deadline: this.deadline(context.settings),
      note: (message) => this.note(message),
      publishLater: () => this.publishLater(context),
      command: this.#canPropose ? () => commandText(['kgit', this.id ?? '', ...this.argv]) : undefined,
    };
  }

  /** Runs a write use case, after which the result shows the repository as it is after the write. */
  protected async write<T>(context: Context, useCase: (writing: Writing) => Promise<T>): Promise<T> {
    const result = await useCase(this.writing(context));
    if (this.flags.queue === true && this.flags['dry-run'] !== true)
      this.note('queued here; publish it with kgit sync');
    await this.refreshRepository(context);
    return result;
  }

  /** Message and reason, from the flags, for the event of the write. */
  protected get eventFields(): { readonly message: string | undefined; readonly reason: string | undefined } {
    const { message, reason } = this.flags;
    return { message, reason };
  }

  protected writer(context: Pick<Context, 'opened' | 'settings'>): Writer {
    const clock = { now: () => this.now() };
    return writerOf(context, this.environment, this.flags['run-id'], { ids: this.ids, clock });
  }

  /** Lease claims that this process inherited from `kgit lock NAME -- COMMAND`. */
  protected get handedClaims(): LeaseClaim[] {
    return parseClaims(this.environment['KGIT_LEASE']);
  }

  /** Whether this command has the flag --propose. */
  get #canPropose(): boolean {
    return Object.hasOwn({ ...this.ctor.baseFlags, ...this.ctor.flags }, 'propose');
  }

  protected override get readsHistory(): boolean {
    return this.flags.propose === true;
  }

  protected publishLater(context: Context): Promise<void> {
    return publishLater(context, this.flags, (message) => this.note(message));
  }
}
