import { type Command, Flags, type Interfaces } from '@oclif/core';
import { requireDeployment } from '../../app/known-deployment.js';
import type { RunLease } from '../../app/lease-run.js';
import { ciRun, runIdOf } from '../../app/run-of.js';
import { eventSubjectOf, namedDeployment, resolveCluster } from '../../app/subjects.js';
import { type ErrorCode, UsageError } from '../../errors.js';
import { type LeaseClaim, parseClaims } from '../../model/lease/lease.js';
import { lockName } from '../../model/lease/lock-name.js';
import { makeEvent, makeOperation, type Writer } from '../../model/operation/make-operation.js';
import type { Actor, EventWrite, Operation } from '../../model/operation/operation.js';
import { type Subject, unfitForWindows } from '../../model/subject/subject.js';
import { type IdSource, monotonicIds } from '../../model/value/ulid.js';
import { startPublisher } from '../../process/start-publisher.js';
import { actorOf } from '../../setup/identity.js';
import { systemClock, thisHost } from '../../setup/this-host.js';
import { isCi } from '../../setup/trust.js';
import { randomBytes } from '../../store/local/random-bytes.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import type { PROPOSE_FLAGS } from '../flags/propose-flags.js';
import { commandText } from '../input/command-text.js';
import {
  type CommandClass,
  type CommonFlags,
  type Context,
  KgitCommand,
  type OwnFlags,
} from './base-command.js';

const WRITE = 'WRITE';

/** The flags of every write. */
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
    summary: "The run that it belongs to (KGIT_RUN_ID; in CI: the pipeline's).",
  }),
  user: Flags.string({ helpGroup: WRITE, helpValue: 'NAME', summary: 'Who did it (KGIT_USER).' }),
  lock: Flags.string({
    helpGroup: WRITE,
    helpValue: 'NAME',
    summary: 'Write only under the lease of this lock, which is renewed with it (kgit lock).',
  }),
  queue: Flags.boolean({
    helpGroup: WRITE,
    exclusive: ['require-publish'],
    summary: 'Keep it durably here, use no network; kgit sync publishes it.',
  }),
  'require-publish': Flags.boolean({
    helpGroup: WRITE,
    summary: 'Fail (16) when it cannot be published now; the default where CI is set.',
  }),
  'allow-secret': Flags.string({
    helpGroup: WRITE,
    helpValue: 'REASON',
    summary: 'Write although a value looks secret; the reason is recorded.',
  }),
};

/** The flags of a write, and those that only some have. */
type WriteFlags = Interfaces.InferredFlags<typeof WRITE_FLAGS> &
  Partial<Interfaces.InferredFlags<typeof PROPOSE_FLAGS>> & {
    readonly cluster?: string | undefined;
    readonly create?: boolean;
  };

/** Base of the commands that write: one operation each, guarded against secrets, durable before it is published. */
export abstract class WriteCommand<T extends CommandClass = typeof Command> extends KgitCommand<T> {
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

  protected actor({ opened, settings }: Pick<Context, 'opened' | 'settings'>): Actor {
    return actorOf(settings, this.environment, opened.identity);
  }

  protected get ciRun(): { id: string | undefined; url: string | null } {
    const ci = ciRun(this.environment);
    return { id: runIdOf(this.flags['run-id'], this.environment, ci?.id), url: ci?.url ?? null };
  }

  /** Whether a write that is not published now has failed. */
  protected get mustPublish(): boolean {
    if (this.flags['require-publish'] === true) return true;
    return isCi(this.environment) && this.flags.queue !== true;
  }

  /** An event of this command: `fields` as given, checked, with message and reason of the flags and who, where, when. */
  protected event(context: Context, fields: Record<string, unknown>): EventWrite['event'] {
    return makeEvent({ ...this.#flagFields(), ...fields }, this.writer(context));
  }

  /** Who writes, where, in which run, and now. */
  protected writer(context: Pick<Context, 'opened' | 'settings'>): Writer {
    return {
      actor: this.actor(context),
      host: thisHost.hostname,
      run: this.ciRun,
      ids: this.ids,
      now: this.now(),
    };
  }

  #flagFields(): Record<string, unknown> {
    const { message, reason } = this.flags;
    return { ...(message === undefined ? {} : { message }), ...(reason === undefined ? {} : { reason }) };
  }

  /** One operation of these events. */
  protected operation(
    context: Context,
    events: readonly EventWrite[],
    more: Partial<Operation> = {},
  ): Operation {
    return makeOperation(events, this.writer(context), more, this.flags['allow-secret']);
  }

  /** The claims that were handed to this process by `kgit lock NAME -- COMMAND`. */
  protected get handedClaims(): LeaseClaim[] {
    return parseClaims(this.environment['KGIT_LEASE']);
  }

  /** The claim under which this command writes: that of --lock, else the one handed to it that this clone holds. Throws LockHeldError, ConflictError. */
  protected async claim({ opened: { leases }, settings }: Context): Promise<LeaseClaim | null> {
    const name = this.flags.lock;
    if (name !== undefined) return leases.claim(lockName(name), this.handedClaims, settings.timeout);
    const held = await Promise.all(this.handedClaims.map((claim) => leases.isHeldHere(claim)));
    return this.handedClaims.findLast((_claim, i) => held[i]) ?? null;
  }

  /** What a command needs that is run under a lease. */
  protected runLease(context: Context, claim: LeaseClaim): RunLease {
    const { opened, settings } = context;
    return {
      ...{ claim, handed: this.handedClaims, leases: opened.leases, clock: systemClock },
      ...{ author: this.actor(context), talkMs: settings.timeout },
    };
  }

  /** Writes an operation and tells on stderr what the user should know beside the result. */
  protected async submit(context: Context, made: Operation, withdraw = false): Promise<WriteOutcome> {
    const { repository } = context.opened;
    const claim = await this.claim(context);
    const operation = claim === null ? made : { ...made, claim };
    for (const name of new Set(operation.events.map(({ subject }) => unfitForWindows(subject)))) {
      if (name !== null)
        this.note(`no folder on Windows can be called ${name}: the repository cannot be checked out there`);
    }
    if (this.flags.propose === true && this.flags['dry-run'] !== true)
      return this.#told(await this.propose(context, made));
    const { publishInterval: interval } = context.settings;
    const isQueued = this.flags.queue === true;
    const isDry = this.flags['dry-run'] === true;
    const isWithdrawn = withdraw || claim !== null;
    const isJoined = interval > 0 && repository.store.isRemote && !isWithdrawn && !this.mustPublish;
    const write = repository.write(operation, {
      queue: isQueued || isJoined,
      requirePublish: this.mustPublish,
      dryRun: isDry,
      withdraw: isWithdrawn && !isQueued,
      deadline: this.deadline(context.settings),
      interval,
    });
    const outcome = await write.catch((error: unknown) => this.#refused(context, made, claim, error));
    this.#told(outcome);
    if (isQueued && !isDry) this.note('queued here; publish it with kgit sync');
    else if (isJoined && !isDry) await this.publishLater(context);
    await this.refreshRepository(context);
    return outcome;
  }

  /** Whether this command knows --propose. */
  get #canPropose(): boolean {
    return Object.hasOwn({ ...this.ctor.baseFlags, ...this.ctor.flags }, 'propose');
  }

  protected override get readsHistory(): boolean {
    return this.flags.propose === true;
  }

  /** Proposes an operation instead of publishing it. */
  protected async propose(context: Context, operation: Operation): Promise<WriteOutcome> {
    const { proposeWrite } = await import('../../app/propose/propose-write.js');
    const { opened, settings } = context;
    const outcome = await proposeWrite(opened, settings, this.environment, operation, {
      title: this.flags.title,
      branch: this.flags['proposal-branch'],
      mustOpen: this.mustPublish,
      deadline: this.deadline(settings),
    });
    await this.refreshRepository(context);
    return outcome;
  }

  #told(outcome: WriteOutcome): WriteOutcome {
    for (const note of outcome.notes) this.note(note);
    return outcome;
  }

  /** What a protected branch refused is proposed, where the team has agreed on that; else the error says how to. */
  async #refused(
    context: Context,
    operation: Operation,
    claim: LeaseClaim | null,
    error: unknown,
  ): Promise<WriteOutcome> {
    const { isProtected, protectedNote, stillKept, withProposal } = await import(
      '../../app/propose/propose-write.js'
    );
    if (!isProtected(error)) throw error;
    if (context.settings.writeOnProtected === 'fail' || claim !== null) {
      const words = commandText(['kgit', this.id ?? '', ...this.argv]);
      throw this.#canPropose ? withProposal(error, words) : error;
    }
    this.note(protectedNote(context.opened.name, error));
    const outcome = await this.propose(context, operation).catch((cause: unknown) => {
      throw stillKept(cause, error);
    });
    await context.opened.repository.outbox.remove(operation.id);
    return outcome;
  }

  /** Leaves what waits to a process in the background, which publishes it with what others write until then. */
  protected async publishLater({ opened, settings }: Context): Promise<void> {
    const { repo, config } = this.flags;
    if (!(await opened.scheduled.isRunning())) startPublisher({ repo, config });
    this.note(`queued: published with others in ${settings.publishInterval / 1000} s at most`);
  }

  /** Has the result say what the repository is like after a write. */
  protected async refreshRepository({ opened: { repository } }: Context): Promise<void> {
    if (this.format === 'text') return;
    const head = await repository.store.head();
    this.setRepository(head.revision, head.fetchedAt, await repository.outbox.size());
  }

  /** The keys that every result of a write has. */
  protected writeJson(outcome: WriteOutcome): Record<string, unknown> {
    const { operation, revision, delivery, attempts, proposal } = outcome;
    return { operation, revision, delivery, attempts, ...(proposal ? { proposal } : {}) };
  }

  /**
   * What an event is about: the subject that is given as a word, else the cluster of --cluster, else the deployment that
   * is named. Throws UsageError, NotFoundError.
   */
  protected async eventSubject(context: Context, word?: string): Promise<Subject> {
    const naming = { ...context, view: context.reading.view };
    const name = this.flags.cluster;
    if (word !== undefined) this.#onlyNamed();
    else if (name !== undefined) return resolveCluster(name, naming);
    const { deployment: id } = context.settings;
    if (word === undefined && id === undefined) {
      throw new UsageError('what did it happen to? Neither --cluster nor --deployment is given', {
        suggestions: ['Add --cluster [[MANAGEMENT/]NAMESPACE/]NAME or --deployment ID'],
      });
    }
    const subject =
      word === undefined ? await namedDeployment(id ?? '', naming.view) : await eventSubjectOf(word, naming);
    if (subject.kind === 'deployment')
      await requireDeployment(naming.view, subject.id, this.flags.create === true);
    return subject;
  }

  #onlyNamed(): void {
    const flag = ['cluster', 'deployment'].find((one) => this.given(one) !== undefined);
    if (flag === undefined) return;
    throw new UsageError(`SUBJECT and --${flag} both name what it happened to`, {
      suggestions: [`Leave one of them out: SUBJECT or --${flag}`],
    });
  }
}
